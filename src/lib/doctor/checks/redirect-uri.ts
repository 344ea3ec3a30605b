import { randomUUID } from 'node:crypto';
import { ok } from './findings.ts';
import type { Probe } from './probe.ts';
import type { Check, Finding } from './types.ts';

/**
 * The redirect URI is registered with the application. Asks Microsoft for a sign-in without a page (`prompt=none`) and
 * without anyone being signed in: the refusal comes back to the redirect URI if that is registered, and as a page that
 * names AADSTS50011 if it is not (learn.microsoft.com/entra/identity-platform/reference-error-codes). Nothing is followed.
 */
export function redirectUriCheck(deps: {
  readonly probe: Probe;
  readonly authorityHost: string;
  readonly tenant: string;
  readonly clientId: string;
  readonly redirectUri: string;
}): Check {
  const { probe, authorityHost, tenant, clientId, redirectUri } = deps;
  return {
    name: 'redirect-uri',
    async run(report, signal) {
      const question = new URLSearchParams({
        client_id: clientId,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'openid',
        prompt: 'none',
        state: 'doctor',
        nonce: randomUUID(),
      });
      try {
        const answer = await probe(`${authorityHost}/${tenant}/oauth2/v2.0/authorize?${question}`, signal);
        const location = answer.headers.get('location') ?? '';
        report(judge(redirectUri, location, location === '' ? await answer.text() : ''));
      } catch {
        // Why not is what the check of the network says.
        report(notAsked);
      }
    },
  };
}

/** Pure. `page` is what Microsoft shows where it does not send the browser on. */
export function judge(redirectUri: string, location: string, page: string): Finding {
  if (location === redirectUri || location.startsWith(`${redirectUri}?`) || location.startsWith(`${redirectUri}#`)) {
    return ok({ en: 'The redirect URI is registered.', zh: '重定向 URI 已注册。' });
  }
  if (/AADSTS50011\b|AADSTS500113\b|redirect_uri/.test(page.slice(0, 200_000))) {
    return {
      status: 'fail',
      code: 'redirect_uri_unregistered',
      sentence: {
        en: `The redirect URI ${redirectUri} is not registered for this application at Microsoft.`,
        zh: `Microsoft 上的此应用没有注册重定向 URI ${redirectUri}。`,
      },
      remedy: {
        en: 'Add it to the application in Entra (Authentication, platform Web); it must match exactly. npm run deploy does this.',
        zh: '请在 Entra 的应用中添加它（身份验证，平台 Web），须逐字一致；npm run deploy 会自动添加。',
      },
      who: 'deployment owner',
    };
  }
  return {
    status: 'unknown',
    sentence: {
      en: 'Microsoft did not say whether the redirect URI is registered.',
      zh: 'Microsoft 没有说明重定向 URI 是否已注册。',
    },
    remedy: {
      en: `Open a connect link; if Microsoft shows AADSTS50011, add ${redirectUri} to the application.`,
      zh: `请打开一个连接链接；如果 Microsoft 显示 AADSTS50011，请将 ${redirectUri} 添加到应用中。`,
    },
    who: 'deployment owner',
  };
}

const notAsked: Finding = {
  status: 'unknown',
  sentence: {
    en: 'Microsoft could not be asked whether the redirect URI is registered.',
    zh: '无法向 Microsoft 查询重定向 URI 是否已注册。',
  },
  remedy: { en: 'See the network check.', zh: '请查看网络检查。' },
  who: 'deployment owner',
};
