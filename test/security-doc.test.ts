import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// docs/security.md says of every measure which test shows it. A missing test would make it an empty promise.
const root = resolve(import.meta.dirname, '..');
const text = readFileSync(resolve(root, 'docs/security.md'), 'utf8');

const named = [...text.matchAll(/`([\w./-]+\.test\.ts)`: "((?:[^"\\]|\\.)+)"/g)].map(
  ([, file = '', name = '']) => [file, name.replaceAll('\\"', '"')] as const,
);
/** Titles of tests as they are written down: between quotes of one kind, after `it`, `test` or the table of an `each`. */
function titlesIn(file: string): Set<string> {
  const source = readFileSync(resolve(root, file), 'utf8');
  const titles = [...source.matchAll(/(?:\b(?:it|test)|\))\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*,/g)];
  return new Set(titles.map(([, single, double]) => (single ?? double ?? '').replaceAll("\\'", "'")));
}

/** Sections of RFC 9700 that ask for something, to the depth in which they ask for different things, as it names them. */
const sections: readonly (readonly [string, string])[] = [
  ['2.1', 'Protecting Redirect-Based Flows'],
  ['2.1.1', 'Authorization Code Grant'],
  ['2.1.2', 'Implicit Grant'],
  ['2.2.1', 'Access Tokens'],
  ['2.2.2', 'Refresh Tokens'],
  ['2.3', 'Access Token Privilege Restriction'],
  ['2.4', 'Resource Owner Password Credentials Grant'],
  ['2.5', 'Client Authentication'],
  ['2.6', 'Other Recommendations'],
  ['4.1', 'Insufficient Redirection URI Validation'],
  ['4.2', 'Credential Leakage via Referer Headers'],
  ['4.3.1', 'Authorization Code in Browser History'],
  ['4.3.2', 'Access Token in Browser History'],
  ['4.4', 'Mix-Up Attacks'],
  ['4.5', 'Authorization Code Injection'],
  ['4.6', 'Access Token Injection'],
  ['4.7', 'Cross-Site Request Forgery'],
  ['4.8', 'PKCE Downgrade Attack'],
  ['4.9.1', 'Access Token Phishing by Counterfeit Resource Server'],
  ['4.9.2', 'Compromised Resource Server'],
  ['4.10.1', 'Sender-Constrained Access Tokens'],
  ['4.10.2', 'Audience-Restricted Access Tokens'],
  ['4.10.3', 'Discussion: Preventing Leakage via Metadata'],
  ['4.11.1', 'Client as Open Redirector'],
  ['4.11.2', 'Authorization Server as Open Redirector'],
  ['4.12', '307 Redirect'],
  ['4.13', 'TLS Terminating Reverse Proxies'],
  ['4.14', 'Refresh Token Protection'],
  ['4.15', 'Client Impersonating Resource Owner'],
  ['4.16', 'Clickjacking'],
  ['4.17', 'Attacks on In-Browser Communication Flows'],
];

describe('docs/security.md', () => {
  it('names tests', () => expect(named.length).toBeGreaterThan(50));

  it.each([...new Set(named.map(([file]) => file))])('names only tests that %s has', (file) => {
    const titles = titlesIn(file);
    for (const [, name] of named.filter((each) => each[0] === file)) expect(titles, name).toContain(name);
  });

  it.each(sections)('goes through section %s of RFC 9700, %s, with a test', (section, title) => {
    const lines = text.split('\n').filter((each) => each.startsWith(`| ${section} `));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.startsWith(`| ${section} ${title} |`)).toBe(true);
    expect(lines[0]).toMatch(/\.test\.ts`: "/);
  });

  it('mentions no file of tests without naming the test', () => {
    const files = [...text.matchAll(/[\w./-]+\.test\.ts/g)].map(([file]) => file);
    expect(files).toHaveLength(named.length);
  });
});
