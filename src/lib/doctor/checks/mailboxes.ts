import { utcMinute } from '../../domain/duration.ts';
import type { Tokens } from '../../entra/types.ts';
import { isErrorCode } from '../../error-codes.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { Probe } from '../../mailbox/imap/probe.ts';
import type { PollFacts } from '../../store/mailboxes/poll-facts.ts';
import type { MailboxView, Registry } from '../../store/mailboxes/registry.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import { failure, ok } from './findings.ts';
import { everyMailbox, loginsAtOnce, named, seemsWell } from './mailbox-list.ts';
import { eachBounded } from './run-checks.ts';
import type { Check, Finding, Localised } from './types.ts';

/**
 * Each mailbox, as a poll would meet it: a token from its grant, a log-in over IMAP, its folders there. One whose state
 * already says what is wrong is not asked again; neither is one that is paused.
 */
export function mailboxesCheck(deps: {
  readonly registry: Pick<Registry, 'list'>;
  readonly tokens: Pick<Tokens, 'of'>;
  readonly probe: Probe;
  /** {@link readPollFacts}, of the table that the mailboxes are in. */
  readonly pollFacts: (rows: readonly MailboxRow[]) => Promise<ReadonlyMap<string, PollFacts>>;
}): Check {
  const { registry, tokens, probe, pollFacts } = deps;

  const look = async ({ row }: MailboxView, facts: PollFacts | undefined, signal: AbortSignal): Promise<Finding> => {
    const choices = row.folders.map(({ path, role }) => (role === undefined ? { path } : { role }));
    const attempt = async (force: boolean) => {
      const { accessToken } = await tokens.of(row.grant, 'outlook', { force });
      const { missing } = await probe({ login: row.login, accessToken }, { choices }, signal);
      if (missing.length > 0) throw new BrokerError('folder_missing');
    };
    // The token may have been revoked before its time; a new one tells whether the person or the mailbox is the reason.
    await attempt(false).catch((error: unknown) => {
      if (!isBrokerError(error, 'imap_refused', 'imap_token_expired')) throw error;
      return attempt(true);
    });
    return ok(readable(row.address, facts), row.id);
  };

  return {
    name: 'mailboxes',
    async run(report, signal, access) {
      const unknown: MailboxView[] = [];
      let told = 0;
      // States cost no log-in, so they are reported for every mailbox.
      for await (const view of everyMailbox(registry, access)) {
        const finding = judge(view);
        if (finding === undefined) unknown.push(view);
        else {
          told += 1;
          report(finding);
        }
      }
      if (told + unknown.length === 0) report(ok({ en: 'No mailbox is connected yet.', zh: '尚未连接任何邮箱。' }));
      const facts = await pollFacts(unknown.map(({ row }) => row));
      await eachBounded(unknown, loginsAtOnce, signal, async (view) => {
        try {
          report(await look(view, facts.get(view.row.id), signal));
        } catch (error) {
          if (signal.aborted) return;
          report(named(view.row.address, failure(error, view.row.id)));
        }
      });
    },
  };
}

/** What the mailbox's own state tells; undefined where it is well and wants a look. Pure. */
export function judge(view: MailboxView): Finding | undefined {
  const { row, state, shown } = view;
  if (shown === 'paused') {
    return {
      status: 'warn',
      subject: row.id,
      sentence: { en: `${row.address} is paused: its mail waits.`, zh: `${row.address} 已暂停：邮件正在等待。` },
      remedy: {
        en: `Resume it: npm run broker -- mailboxes resume ${row.id}.`,
        zh: `恢复：npm run broker -- mailboxes resume ${row.id}。`,
      },
      who: 'deployment owner',
    };
  }
  if (seemsWell(view)) return undefined;
  const code = state?.code ?? '';
  return named(row.address, failure(new BrokerError(isErrorCode(code) ? code : 'internal_error'), row.id));
}

/** Pure. */
export function readable(address: string, facts: PollFacts | undefined): Localised {
  const time = (at: Date | undefined) => at && utcMinute(at);
  const [poll, delivery] = [time(facts?.lastPoll), time(facts?.lastDelivery)];
  const { lagSeconds: lag, behind = 0 } = facts ?? {};
  return {
    en: [
      `${address} can be read;`,
      poll === undefined ? 'not polled yet;' : `last polled at ${poll} UTC;`,
      delivery === undefined
        ? 'no delivery noted yet.'
        : `last delivery at ${delivery} UTC${lag === undefined ? '' : `, ${lag} s after its arrival`}${behind === 0 ? '.' : `; ${behind} mails wait.`}`,
    ].join(' '),
    zh: [
      `${address} 可以读取`,
      poll === undefined ? '尚未轮询' : `最近轮询：${poll}（UTC）`,
      delivery === undefined
        ? '尚无投递记录。'
        : `最近投递：${delivery}（UTC）${lag === undefined ? '' : `，到达后 ${lag} 秒`}${behind === 0 ? '。' : `；${behind} 封邮件等待中。`}`,
    ].join('；'),
  };
}
