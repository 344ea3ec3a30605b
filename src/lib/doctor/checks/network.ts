import { reachSmtp } from '../../send/reach-smtp.ts';
import { ok } from './findings.ts';
import { greetingOf, type MailServer, type Probe, timeoutMs } from './probe.ts';
import type { Check, Finding } from './types.ts';

/**
 * The servers of Microsoft that the broker needs can be reached from where it runs. What they answer does not matter
 * here, but that it is they who answer: a certificate that is not theirs counts as not reached.
 */
export function networkCheck(deps: {
  readonly probe: Probe;
  readonly imap: MailServer;
  readonly smtp: { readonly host: string; readonly port: number };
  readonly authorityHost: string;
  readonly graphUrl: string;
}): Check {
  const { probe, imap, smtp, authorityHost, graphUrl } = deps;
  return {
    name: 'network',
    async run(report, signal) {
      const web = async (name: string, url: string) => {
        const host = new URL(url).host;
        const isReached = await probe(url, signal).then(
          () => true,
          () => false,
        );
        report(isReached ? reached(name, host) : notReached(name, host));
      };
      const incoming = async () => {
        const host = `${imap.host}:${imap.port}`;
        const greeting = await greetingOf(imap, signal).catch(() => undefined);
        if (greeting === undefined) report(notReached('IMAP', host));
        else if (/^\* (OK|PREAUTH)/i.test(greeting)) report(reached('IMAP', host));
        else report(otherServer('IMAP', host));
      };
      const outgoing = async () => {
        const host = `${smtp.host}:${smtp.port}`;
        const found = await reachSmtp({ ...smtp, timeoutMs }, signal);
        if (found === 'reached') report(reached('SMTP', host));
        else report(found === 'other' ? otherServer('SMTP', host) : notReached('SMTP', host));
      };
      await Promise.all([
        web('Microsoft Entra', `${authorityHost}/common/v2.0/.well-known/openid-configuration`),
        incoming(),
        outgoing(),
        web('Microsoft Graph', `${graphUrl}/v1.0/`),
      ]);
    },
  };
}

const reached = (name: string, host: string): Finding =>
  ok({ en: `${name} (${host}) can be reached.`, zh: `可以连接 ${name}（${host}）。` }, name);

const notReached = (name: string, host: string): Finding => ({
  status: 'fail',
  subject: name,
  sentence: {
    en: `${name} (${host}) cannot be reached from the app.`,
    zh: `应用无法连接 ${name}（${host}）。`,
  },
  remedy: {
    en: `Allow the app's network to reach ${host}: check its firewall, its DNS servers, and any proxy that replaces certificates.`,
    zh: `请允许应用所在网络访问 ${host}：检查防火墙、域名解析，以及是否有替换证书的代理。`,
  },
  who: 'deployment owner',
});

const otherServer = (name: 'IMAP' | 'SMTP', host: string): Finding => ({
  status: 'fail',
  subject: name,
  sentence: {
    en: `Something answers at ${host}, but it is not an ${name} server.`,
    zh: `${host} 有应答，但不是 ${name} 服务器。`,
  },
  remedy: otherRemedy[name],
  who: 'deployment owner',
});

const otherRemedy = {
  IMAP: {
    en: 'Correct IMAP_HOST, IMAP_PORT and IMAP_SECURE, or remove all three: the defaults are those of Microsoft 365.',
    zh: '请更正 IMAP_HOST、IMAP_PORT 和 IMAP_SECURE，或删除这三项设置：默认值适用于 Microsoft 365。',
  },
  SMTP: {
    en: 'Correct SMTP_HOST and SMTP_PORT, or remove both: the defaults are those of Microsoft 365.',
    zh: '请更正 SMTP_HOST 和 SMTP_PORT，或删除这两项设置：默认值适用于 Microsoft 365。',
  },
};
