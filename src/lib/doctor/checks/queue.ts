import type { Clock } from '../../domain/clock.ts';
import type { QueueDepth, WorkQueue } from '../../store/deployment/work-queue.ts';
import { ok } from './findings.ts';
import type { Check, Finding } from './types.ts';

/** A message is processed within seconds; after this long the queue is stuck. */
const mostWaitMs = 5 * 60_000;

/** The queue can be written, is worked off, and no message of it was given up. */
export function queueCheck(deps: {
  readonly queue: Pick<WorkQueue, 'depth' | 'tryWriting'>;
  readonly clock: Clock;
}): Check {
  return {
    name: 'queue',
    async run(report) {
      // Counted before: the message of the attempt is no message that waits.
      const depth = await deps.queue.depth();
      await deps.queue.tryWriting();
      for (const finding of judge(depth, deps.clock.now())) report(finding);
    },
  };
}

/** Pure. */
export function judge({ oldest, messages, poison }: QueueDepth, now: number): Finding[] {
  const findings: Finding[] = [];
  const waitMs = oldest === undefined ? 0 : now - oldest.getTime();
  if (waitMs > mostWaitMs) {
    findings.push({
      status: 'fail',
      subject: 'work',
      sentence: {
        en: `The oldest of about ${messages} messages has waited for ${Math.round(waitMs / 60_000)} minutes: the queue is not being processed.`,
        zh: `约 ${messages} 条消息中最早的一条已等待 ${Math.round(waitMs / 60_000)} 分钟：队列无人处理。`,
      },
      remedy: {
        en: "Restart the Function App. Meanwhile mail is still delivered every five minutes. If the queue does not drain, check that the app's identity has the role Storage Queue Data Contributor.",
        zh: '请重启函数应用。在此期间邮件仍会每五分钟处理一次。如果队列依旧积压，请检查应用的标识是否拥有“存储队列数据参与者”角色。',
      },
      who: 'deployment owner',
    });
  }
  if (poison > 0) {
    findings.push({
      status: 'warn',
      subject: 'work-poison',
      sentence: {
        en: `${poison} queue messages were given up after three attempts. No mail is lost: the next tick creates them again.`,
        zh: `队列中有 ${poison} 条消息在三次尝试后被放弃。邮件不会因此丢失：下一轮会重新生成。`,
      },
      remedy: {
        en: 'Look in the log for the reason at that time, then empty the queue work-poison.',
        zh: '请在日志中查找消息对应时间的原因，然后清空 work-poison 队列。',
      },
      who: 'deployment owner',
    });
  }
  return findings.length > 0
    ? findings
    : [ok({ en: 'The queue can be written, and is being processed.', zh: '队列可写入，处理正常。' })];
}
