import { escapeHtml } from '../web.ts';
import type { Account } from './directory.ts';

const style = `
  :root { color-scheme: light dark; --ink: #1b1b1f; --soft: #5b5e66; --line: #d5d8de; --back: #eef1f5; --card: #fff; --link: #0b5cad; }
  @media (prefers-color-scheme: dark) { :root { --ink: #f1f1f4; --soft: #b4b8c1; --line: #43464e; --back: #17181b; --card: #222327; --link: #8cc1ff; } }
  body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
  main { max-width: 27rem; margin: 8vh auto; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
  h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
  p { color: var(--soft); margin: .25rem 0 1rem; }
  ul { list-style: none; margin: 0 0 1rem; padding: 0; }
  li + li { margin-top: .5rem; }
  button { font: inherit; width: 100%; text-align: left; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 6px; background: transparent; color: inherit; cursor: pointer; }
  button:hover, button:focus-visible { border-color: var(--link); outline: 2px solid var(--link); outline-offset: 1px; }
  button small { display: block; color: var(--soft); }
  button.plain { text-align: center; }
  label { display: block; margin-bottom: .25rem; }
  input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .6rem; margin-bottom: .5rem; border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: inherit; }
  .note { font-size: .875rem; border-top: 1px solid var(--line); padding-top: 1rem; margin-top: 1.25rem; }
  [role=alert] { color: inherit; border-left: 4px solid #b3261e; padding-left: .75rem; }
  code { overflow-wrap: anywhere; }
`;

const page = (title: string, content: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body><main>${content}</main></body>
</html>`;

export interface SignInPage {
  readonly accounts: readonly Account[];
  /** Address to put into the field. */
  readonly hint: string;
  readonly scopes: readonly string[];
  /** What was wrong with the last try. */
  readonly fault?: string;
}

/** Choose an account or type an address; there are no passwords in the local world. */
export function signInPage({ accounts, hint, scopes, fault }: SignInPage): string {
  const items = accounts.map(
    ({ address, name }) =>
      `<li><button name="account" value="${escapeHtml(address)}">${escapeHtml(name)}<small>${escapeHtml(address)}</small></button></li>`,
  );
  const asked = scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`).join('');
  return page(
    'Sign in',
    `<h1>Sign in</h1>
<p>Choose the account to connect.</p>
${fault === undefined ? '' : `<p role="alert">${escapeHtml(fault)}</p>`}
<form method="post"><ul>${items.join('')}</ul></form>
<form method="post">
<label for="account">Another account</label>
<input id="account" name="account" type="email" autocomplete="username" required value="${escapeHtml(hint)}">
<button class="plain">Sign in with this address</button>
</form>
<form method="post"><p></p><button class="plain" name="decline" value="yes">Decline</button></form>
<details class="note"><summary>What the app asks for</summary><ul>${asked}</ul></details>
<p class="note">This page stands in for Microsoft Entra on this machine. It knows no passwords; signing in gives the app what it asks for.</p>`,
  );
}

/** An administrator accepts for the whole tenant. */
export function adminConsentPage({ accounts, scopes }: Pick<SignInPage, 'accounts' | 'scopes'>): string {
  const items = accounts.map(
    ({ address, name }) =>
      `<li><button name="account" value="${escapeHtml(address)}">Accept as ${escapeHtml(name)}<small>${escapeHtml(address)}</small></button></li>`,
  );
  const asked = scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`).join('');
  return page(
    'Permissions requested',
    `<h1>Permissions requested</h1>
<p>Review for your organisation. If you accept, this app gets what it asks for, for all people of the organisation.</p>
<ul>${asked}</ul>
<form method="post"><ul>${items.join('')}</ul></form>
<form method="post"><button class="plain" name="decline" value="yes">Cancel</button></form>
<p class="note">This page stands in for Microsoft Entra on this machine, where everybody is an administrator.</p>`,
  );
}

export function errorPage(error: string, description: string): string {
  return page(
    'Sign-in failed',
    `<h1>Sorry, but we’re having trouble signing you in.</h1>
<p role="alert"><code>${escapeHtml(error)}</code>: ${escapeHtml(description)}</p>
<p class="note">This page stands in for Microsoft Entra on this machine.</p>`,
  );
}
