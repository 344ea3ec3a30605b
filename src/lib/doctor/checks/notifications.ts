import type { Clock } from '../../domain/clock.ts';
import type { Registry } from '../../store/mailboxes/registry.ts';
import type { MailboxSubscriptions, SubscriptionRows } from '../../store/mailboxes/subscriptions.ts';
import type { BellState, MailboxRow } from '../../store/rows/rows.ts';
import { ok } from './findings.ts';
import { everyMailbox, named } from './mailbox-list.ts';
import type { Check, Finding } from './types.ts';

/** Whether Microsoft announces the mail of each mailbox that can have notifications, by what is stored of it. */
export function notificationsCheck(deps: {
  readonly registry: Pick<Registry, 'list'>;
  readonly rows: Pick<SubscriptionRows, 'all'>;
  readonly clock: Pick<Clock, 'now'>;
}): Check {
  return {
    name: 'notifications',
    async run(report, signal, access) {
      const subscriptions = await deps.rows.all();
      let announced = 0;
      for await (const { row, state } of everyMailbox(deps.registry, access)) {
        if (signal.aborted) return;
        if (row.grant.kind === 'user' && row.shared) continue;
        const finding = judgeNotifications(row, subscriptions.get(row.id), state?.bell, deps.clock.now());
        if (finding === undefined) announced += 1;
        else report(finding);
      }
      report(
        ok({
          en: `Microsoft announces the mail of ${announced} mailboxes.`,
          zh: `Microsoft 会通知 ${announced} 个邮箱的新邮件。`,
        }),
      );
    },
  };
}

/** Undefined where all is well. Pure. */
export function judgeNotifications(
  { id, address }: Pick<MailboxRow, 'id' | 'address'>,
  subscriptions: MailboxSubscriptions | undefined,
  bell: BellState | undefined,
  now: number,
): Finding | undefined {
  const isSubscribed = subscriptions?.subscriptions.some(({ expiresAt }) => expiresAt.getTime() > now) ?? false;
  if (isSubscribed && bell?.hears !== 'silent') return undefined;
  const isRefused = !isSubscribed && subscriptions?.code === 'consent_missing';
  return named(address, {
    status: 'warn',
    subject: id,
    sentence: isSubscribed
      ? {
          en: 'mail came that Microsoft did not announce, so the mailbox is polled as if it had no notifications.',
          zh: '有邮件未收到 Microsoft 的通知，因此该邮箱按没有通知的方式轮询。',
        }
      : isRefused
        ? {
            en: 'Microsoft refuses notifications of its mail, which is polled for as before.',
            zh: 'Microsoft 拒绝为该邮箱发送新邮件通知，邮箱照常轮询。',
          }
        : {
            en: 'there is no subscription to its mail yet, which is polled for as before.',
            zh: '尚未订阅该邮箱的新邮件通知，邮箱照常轮询。',
          },
    remedy: isSubscribed
      ? {
          en: 'Make sure that Microsoft can reach POST bell at PUBLIC_URL. It is trusted again by itself, an hour later at the earliest.',
          zh: '请确认 Microsoft 能访问 PUBLIC_URL 下的 POST bell。最早一小时后会自动恢复信任。',
        }
      : isRefused
        ? {
            en: 'Give the application the permission Mail.ReadBasic of Microsoft Graph, then reconnect the mailbox.',
            zh: '请为应用添加 Microsoft Graph 的 Mail.ReadBasic 权限，然后重新连接该邮箱。',
          }
        : {
            en: 'Housekeeping makes it within the hour. If not, look for bell.not_subscribed in the log.',
            zh: '维护任务会在一小时内创建订阅。否则请在日志中查找 bell.not_subscribed。',
          },
    who: isRefused ? 'mailbox owner' : 'deployment owner',
  });
}
