import type { Clock } from '../../domain/clock.ts';
import { dayMs, utcMinute } from '../../domain/duration.ts';
import { isErrorCode } from '../../error-codes.ts';
import { BrokerError } from '../../errors.ts';
import type { Registry } from '../../store/mailboxes/registry.ts';
import type { MailboxRow } from '../../store/rows/rows.ts';
import type { Sender, SendingFacts } from '../../store/submissions/sending-facts.ts';
import { failure, ok } from './findings.ts';
import { everyMailbox, named } from './mailbox-list.ts';
import type { Check, Finding } from './types.ts';

/** Housekeeping runs what is overdue by five minutes; twice that means that it does not run. */
const overdueMs = 10 * 60_000;

/** What failed earlier was told then. */
export const failedLatelyMs = dayMs;

/**
 * Messages that were accepted for sending: overdue ones, ones with an unknown outcome, failures of the last day, and
 * accounts that may not send now. Reads stored rows only.
 */
export function submissionsCheck(deps: {
  readonly registry: Pick<Registry, 'list'>;
  /** {@link readSendingFacts} */
  readonly facts: (
    senders: readonly Sender[],
    at: { readonly now: Date; readonly since: Date },
  ) => Promise<ReadonlyMap<string, SendingFacts>>;
  readonly clock: Pick<Clock, 'now'>;
}): Check {
  return {
    name: 'submissions',
    async run(report, _signal, access) {
      const rows: MailboxRow[] = [];
      for await (const { row } of everyMailbox(deps.registry, access)) rows.push(row);
      const now = new Date(deps.clock.now());
      const facts = await deps.facts(rows, { now, since: new Date(now.getTime() - failedLatelyMs) });
      let waiting = 0;
      for (const row of rows) {
        const found = facts.get(row.id);
        if (found === undefined) continue;
        waiting += found.waiting;
        for (const finding of judgeSubmissions(row.id, found, now)) report(named(row.address, finding));
      }
      report(
        ok({
          en: waiting === 0 ? 'No message waits to be sent.' : `Waiting to be sent: ${waiting}.`,
          zh: waiting === 0 ? '没有等待发送的邮件。' : `等待发送：${waiting}。`,
        }),
      );
    },
  };
}

/** Pure. */
export function judgeSubmissions(subject: string, facts: SendingFacts, now: Date): Finding[] {
  const { waiting, nextAt, leasedUntil, unknown, failed, code, hold } = facts;
  const findings: Finding[] = [];
  // A message that waits for the pace of its account is old, too; then runs happen.
  const isOld = (at: Date) => now.getTime() - at.getTime() > overdueMs;
  if (hold !== undefined) findings.push(heldUntil(subject, hold));
  else if (nextAt !== undefined && isOld(nextAt) && (leasedUntil === undefined || isOld(leasedUntil))) {
    findings.push({
      status: 'fail',
      subject,
      sentence: {
        en: `${waiting} to be sent, the first of them due since ${utcMinute(nextAt)} UTC, and nothing works on them.`,
        zh: `有 ${waiting} 封邮件等待发送，其中最早的应于 ${utcMinute(nextAt)}（UTC）处理，但没有任何进程处理。`,
      },
      remedy: {
        en: 'Fix what the checks queue and timers find; look for submission.lanes_not_read in the log.',
        zh: '请处理 queue 和 timers 检查发现的问题，并在日志中查找 submission.lanes_not_read。',
      },
      who: 'deployment owner',
    });
  }
  if (unknown > 0) {
    findings.push({
      status: 'warn',
      subject,
      code: 'submission_unknown',
      sentence: {
        en: `Of ${unknown} of its messages it is unknown whether they were sent.`,
        zh: `有 ${unknown} 封邮件是否已发送尚不清楚。`,
      },
      remedy: {
        en: 'Ask a recipient, then POST submissions/{id}/resend or …/settle; GET mailboxes/{id}/submissions lists them.',
        zh: '请询问收件人，然后调用 POST submissions/{id}/resend 或 …/settle；GET mailboxes/{id}/submissions 会列出这些邮件。',
      },
      who: 'caller',
    });
  }
  if (failed > 0) {
    findings.push({
      status: 'warn',
      subject,
      ...(code === undefined ? {} : { code }),
      sentence: {
        en: `${failed} of its messages failed or bounced within a day${code === undefined ? '' : `, the last one with ${code}`}.`,
        zh: `一天内有 ${failed} 封邮件发送失败或被退回${code === undefined ? '' : `，最近一封的代码为 ${code}`}。`,
      },
      remedy: {
        en: 'GET mailboxes/{id}/submissions says why, one by one; docs/error-codes.md has the remedy of each code.',
        zh: 'GET mailboxes/{id}/submissions 会逐一说明原因；每个代码的处理办法见 docs/error-codes.md。',
      },
      who: 'caller',
    });
  }
  return findings;
}

/** In the words of its code, which say why the account may not send. */
function heldUntil(subject: string, { code, until }: { readonly code: string; readonly until: Date }): Finding {
  const known = isErrorCode(code) ? code : 'internal_error';
  const finding = failure(new BrokerError(known), subject);
  if (!('detail' in finding)) return finding;
  return { ...finding, status: 'warn', detail: `${finding.detail} Nothing is sent before ${utcMinute(until)} UTC.` };
}
