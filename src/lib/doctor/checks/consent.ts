import { appRolesIn } from '../../entra/app-roles.ts';
import { isGranted } from '../../entra/scopes.ts';
import type { AccessToken, Tokens } from '../../entra/types.ts';
import { isBrokerError } from '../../errors.ts';
import { grantKeyOf } from '../../store/grants/grants.ts';
import type { Registry } from '../../store/mailboxes/registry.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { failure, ok } from './findings.ts';
import { everyMailbox, loginsAtOnce, named } from './mailbox-list.ts';
import { eachBounded } from './run-checks.ts';
import type { Check, Finding } from './types.ts';

/** What a grant has to cover: to read, and to send over SMTP. */
const wanted = {
  user: { read: 'IMAP.AccessAsUser.All', send: 'SMTP.Send' },
  app: { read: 'IMAP.AccessAsApp', send: 'SMTP.SendAsApp' },
} as const;

/** Failures that say that the consent is what is missing. */
const consentCodes = ['consent_missing', 'admin_consent_required', 'grant_scope_missing'] as const;

/**
 * What the consents cover, by the tokens that they give. The app has no right to look a consent up, so where no token
 * comes, nothing is known.
 */
export function consentCheck(deps: {
  readonly registry: Pick<Registry, 'list'>;
  readonly tokens: Pick<Tokens, 'of'>;
}): Check {
  const { registry, tokens } = deps;
  return {
    name: 'consent',
    async run(report, signal, access) {
      const grants = new Map<string, MailboxRow>();
      for await (const { row } of everyMailbox(registry, access)) {
        const { tid, oid } = grantKeyOf(row.grant);
        if (!grants.has(`${tid} ${oid}`)) grants.set(`${tid} ${oid}`, row);
      }
      /** How many grants of a tenant cover all, and of how many nothing is known. */
      const sums = new Map<string, { complete: number; unknown: number }>();
      await eachBounded([...grants.values()], loginsAtOnce, signal, async (row) => {
        const sum = sums.get(row.grant.tid) ?? { complete: 0, unknown: 0 };
        sums.set(row.grant.tid, sum);
        try {
          const told = judge(row, scopesOf(row, await tokens.of(row.grant, 'outlook')));
          if (told === 'complete') sum.complete += 1;
          else if (told === 'unknown') sum.unknown += 1;
          else report(told);
        } catch (error) {
          if (isBrokerError(error, ...consentCodes)) report(named(row.address, failure(error, row.id)));
          else sum.unknown += 1;
        }
      });
      if (signal.aborted) return;
      if (sums.size === 0) report(nobody);
      for (const [tenant, sum] of sums) for (const finding of summary(tenant, sum)) report(finding);
    },
  };
}

const scopesOf = ({ grant }: MailboxRow, token: AccessToken): readonly string[] | undefined =>
  grant.kind === 'app' ? appRolesIn(token.accessToken) : token.scopes;

/** @param scopes what the token carries; undefined where that cannot be read. Pure. */
export function judge(
  { id, address, grant }: Pick<MailboxRow, 'id' | 'address' | 'grant'>,
  scopes: readonly string[] | undefined,
): 'complete' | 'unknown' | Finding {
  if (scopes === undefined) return 'unknown';
  const { read, send } = wanted[grant.kind];
  const missing = [read, send].filter((scope) => !isGranted(scopes, scope));
  if (missing.length === 0) return 'complete';
  const names = missing.join(', ');
  return named(address, {
    status: missing.includes(read) ? 'fail' : 'warn',
    subject: id,
    sentence: {
      en: `the consent does not cover ${names}.`,
      zh: `同意的权限中缺少 ${names}。`,
    },
    remedy:
      grant.kind === 'app'
        ? {
            en: `Add ${names} (Office 365 Exchange Online) to the application permissions of the app, and give the tenant's consent again: docs/admin.md.`,
            zh: `请将 ${names}（Office 365 Exchange Online）加入应用的应用程序权限，并重新授予租户同意：见 docs/admin.zh.md。`,
          }
        : {
            en: `Make sure that the application requests ${names}, then reconnect the mailbox. If a tenant admin consented for everyone, the admin must consent again.`,
            zh: `请确认应用请求了 ${names}，然后重新连接该邮箱；如由租户管理员统一同意，请管理员再次同意。`,
          },
    who: grant.kind === 'app' ? 'tenant admin' : 'mailbox owner',
  });
}

/** Pure. */
export function summary(tenant: string, { complete, unknown }: { complete: number; unknown: number }): Finding[] {
  const findings: Finding[] = [];
  if (complete > 0) {
    findings.push(
      ok(
        {
          en: `The consent covers reading and sending over SMTP, according to the tokens of ${complete} ${complete === 1 ? 'sign-in' : 'sign-ins'}.`,
          zh: `根据 ${complete} 次登录的令牌，同意的权限包含读取邮件和通过 SMTP 发送。`,
        },
        tenant,
      ),
    );
  }
  if (unknown > 0) {
    findings.push({
      status: 'unknown',
      subject: tenant,
      sentence: {
        en: `For ${unknown} ${unknown === 1 ? 'sign-in' : 'sign-ins'} no token shows what was consented to.`,
        zh: `有 ${unknown} 次登录没有可说明同意权限的令牌。`,
      },
      remedy: {
        en: 'The mailboxes check says why. Run broker doctor while az is logged in to look up the consent.',
        zh: '原因见邮箱检查。在已登录 az 的机器上运行 broker doctor 可直接查看同意的权限。',
      },
      who: 'deployment owner',
    });
  }
  return findings;
}

const nobody: Finding = {
  status: 'unknown',
  sentence: {
    en: 'No one has signed in yet, so no token shows what was consented to.',
    zh: '尚无人登录，没有令牌可说明同意的权限。',
  },
  remedy: {
    en: 'Connect a mailbox, or run broker doctor while az is logged in to look up the consent.',
    zh: '请连接一个邮箱，或在已登录 az 的机器上运行 broker doctor 查看。',
  },
  who: 'deployment owner',
};
