import type { SendVia, WayName } from '../../domain/submission.ts';
import type { ErrorCode } from '../../error-codes.ts';
import { BrokerError } from '../../errors.ts';
import type { SendingAccount, Way } from '../../send/way.ts';
import type { Registry } from '../../store/mailboxes/registry.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { chooseWay, type MailboxWays, mailboxWays } from '../../submissions/lane-pace.ts';
import { failure, ok } from './findings.ts';
import { everyMailbox, loginsAtOnce, named, seemsWell } from './mailbox-list.ts';
import { eachBounded } from './run-checks.ts';
import type { Check, Finding, Localised } from './types.ts';

/** How mail leaves this deployment. */
export interface Outgoing {
  /** The ways that it has. */
  readonly ways: ReadonlyMap<WayName, Way>;
  /** Who signs in for a mailbox. */
  readonly account: (mailbox: MailboxRow) => Promise<SendingAccount>;
  readonly sendVia: (mailbox: MailboxRow) => SendVia;
}

/** The result of signing in by one way: open, shut for the account, or unknown for now. */
export interface Tried {
  readonly kind: 'open' | 'shut' | 'busy';
  /** '' where it is open. */
  readonly code: ErrorCode | '';
}

/**
 * Whether each mailbox could send: whether SMTP is open to it, and by which way a message would go. Signs in, and sends
 * nothing. Mailboxes that cannot be read, or are paused, are those of the check `mailboxes`.
 */
export function sendingCheck(deps: { readonly registry: Pick<Registry, 'list'>; readonly outgoing: Outgoing }): Check {
  const { registry, outgoing } = deps;

  const tryWay = async (name: WayName, account: SendingAccount, signal: AbortSignal): Promise<Tried> => {
    const ready = await outgoing.ways.get(name)?.prepare(account, signal);
    if (ready === undefined) return { kind: 'shut', code: 'submission_no_way' };
    if (ready.kind !== 'ready') return { kind: ready.kind === 'closed' ? 'shut' : 'busy', code: ready.code };
    await ready.close();
    return { kind: 'open', code: '' };
  };

  const look = async (row: MailboxRow, signal: AbortSignal): Promise<Finding> => {
    const account = await outgoing.account(row);
    const facts = mailboxWays(row, outgoing.sendVia(row));
    const tried = new Map<WayName, Tried>();
    if (outgoing.ways.has('smtp')) tried.set('smtp', await tryWay('smtp', account, signal));
    // Each round tries one more way, or ends.
    for (;;) {
      const next = nextWay(facts, [...outgoing.ways.keys()], tried);
      if (next === undefined || tried.has(next)) return named(row.address, judge(row.id, tried, next));
      tried.set(next, await tryWay(next, account, signal));
    }
  };

  return {
    name: 'sending',
    async run(report, signal, access) {
      const rows: MailboxRow[] = [];
      for await (const view of everyMailbox(registry, access)) if (seemsWell(view)) rows.push(view.row);
      if (rows.length === 0) report(ok({ en: 'There is no mailbox to send from.', zh: '没有可用于发送的邮箱。' }));
      await eachBounded(rows, loginsAtOnce, signal, async (row) => {
        try {
          report(await look(row, signal));
        } catch (error) {
          if (!signal.aborted) report(named(row.address, failure(error, row.id)));
        }
      });
    },
  };
}

/** The way that a small message would take, by the rule that messages themselves go by. Pure. */
export function nextWay(
  mailbox: MailboxWays,
  ways: readonly WayName[],
  tried: ReadonlyMap<WayName, Tried>,
): WayName | undefined {
  const at = new Date(0);
  const shut = [...tried].flatMap(([way, { kind, code }]) =>
    kind === 'shut' && code !== '' ? [{ way, code, at }] : [],
  );
  const choice = chooseWay({ way: undefined, size: 0 }, mailbox, { shut }, ways, at);
  return 'way' in choice ? choice.way : undefined;
}

const wayNames: Readonly<Record<WayName, string>> = {
  smtp: 'SMTP',
  graph: 'Microsoft Graph',
  graph_draft: 'Microsoft Graph',
};

/** @param route undefined where every way is shut. Pure. */
export function judge(subject: string, tried: ReadonlyMap<WayName, Tried>, route: WayName | undefined): Finding {
  const smtp = tried.get('smtp');
  if (route === undefined) return notWell('warn', subject, smtp ?? { code: 'submission_no_way' });
  const found = tried.get(route);
  if (found?.kind === 'busy') return notWell('fail', subject, found);
  return ok(route === 'smtp' ? overSmtp : otherWay(route, smtp), subject);
}

/** That mail cannot be sent is a warning: many a mailbox is read only. */
function notWell(status: 'warn' | 'fail', subject: string, { code }: Pick<Tried, 'code'>): Finding {
  const finding = failure(new BrokerError(code === '' ? 'internal_error' : code), subject);
  return 'detail' in finding ? { ...finding, status } : finding;
}

const overSmtp: Localised = {
  en: 'SMTP is open; mail goes out over it.',
  zh: 'SMTP 已开放；邮件通过 SMTP 发送。',
};

const otherWay = (route: WayName, smtp: Tried | undefined): Localised =>
  smtp?.kind === 'open'
    ? {
        en: `SMTP is open; mail goes out over ${wayNames[route]}.`,
        zh: `SMTP 已开放；邮件通过 ${wayNames[route]} 发送。`,
      }
    : {
        en: `SMTP is not open (${smtp?.code ?? 'not used'}); mail goes out over ${wayNames[route]}.`,
        zh: `SMTP 未开放（${smtp?.code ?? '未使用'}）；邮件通过 ${wayNames[route]} 发送。`,
      };
