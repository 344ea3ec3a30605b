import { isOwn } from '../../../src/lib/store/mailboxes/own-mailbox.ts';
import { accept, type SendWish } from '../../../src/lib/submissions/accept.ts';
import type { App } from '../app.ts';
import { dice as diceOf } from '../dice.ts';
import type { Life, Lives } from '../lives.ts';
import type { Ground } from '../process.ts';
import type { Post } from '../receiver.ts';
import type { Aftermath } from './aftermath.ts';
import type { Letters } from './letters.ts';
import type { Outcomes } from './outcomes.ts';
import type { Tenant } from './tenant.ts';

/** Who sends mail through the API, and decides what to do about mail with an unknown outcome. */
export interface Senders {
  /** Someone sends, now and then. */
  act(): void;
  /** Someone reads an event, and does what it asks for. */
  read(post: Post): void;
}

const minuteMs = 60_000;

/** A caller without an answer repeats the request with the same key; not forever. */
const mostTries = 4;

export function createSenders(
  ground: Ground,
  world: {
    readonly app: App;
    readonly lives: Lives;
    readonly outcomes: Outcomes;
    readonly letters: Letters;
    readonly tenant: Tenant;
    readonly aftermath: Aftermath;
    readonly isAnswering: boolean;
  },
): Senders {
  const { scheduler, faults } = ground;
  const { app, lives, outcomes, letters, tenant, aftermath, isAnswering } = world;
  const dice = diceOf(`${ground.seed}/senders`);
  const other = diceOf(`${ground.seed}/senders over Graph`);
  let count = 0;
  /** Messages at a time: some send much. */
  const most = 1 + dice.below(4);

  function send(life: Life, original?: SendWish['original']): void {
    const key = `key-${++count}`;
    const now = scheduler.now();
    const wish = {
      sendAt: dice.chance(0.25) ? new Date(now + dice.between(1_000, 20 * minuteMs)) : undefined,
      expiresInMs: dice.chance(0.2) ? Math.round(dice.between(minuteMs, 10 * minuteMs)) : undefined,
      onUnknown: dice.chance(0.25) ? ('resend' as const) : ('ask' as const),
      priority: dice.chance(0.2) ? ('bulk' as const) : ('interactive' as const),
    };
    const pair = ['x@far.example', 'y@far.example'];
    const recipients = dice.chance(0.3) ? pair : pair.slice(0, 1);
    if ((tenant.graphPermissions.length > 0 || isAnswering) && recipients.length > 1 && other.chance(0.5))
      recipients.push('z@far.example');
    const messageId = `<${key}@ours.example>`;
    const mind = dice.chance(0.6) ? dice.between(0, 3 * minuteMs) : undefined;
    let answer: string | undefined;
    // A shared mailbox has no drafts, and may be without SMTP.
    const isLarge =
      isOwn(life.row) && tenant.graphPermissions.length > 0 && tenant.takesLarge && faults.strikes('sendLarge');
    const size = isLarge ? (faults.pick('sendLarge', ['large', 'huge'] as const) ?? 'large') : 'small';
    const subject = key;

    function ask(tries: number): void {
      app.request(`send ${key}`, async ({ registry }, _process, sending) => {
        const mailbox = (await registry.get(life.row.id))?.row;
        if (mailbox === undefined || sending === undefined) return;
        const { id } = await accept(sending.deps, {
          ...wish,
          original,
          mailbox,
          keyId: 'key',
          client: mailbox.destinationId,
          idempotencyKey: key,
          contentHash: key,
          messageId,
          compose: async () => letters.write({ subject, from: mailbox.address, messageId, recipients, size }),
        });
        if (answer === undefined && mind !== undefined && faults.strikes('sendCancel')) cancel(id, mind);
        answer = id;
        outcomes.answered(id, key);
      });
      if (faults.strikes('sendAgain')) scheduler.after(faults.size('sendAgain', 0, 2_000), () => ask(mostTries));
      scheduler.after(90_000, () => {
        if (answer === undefined && tries < mostTries) ask(tries + 1);
      });
    }
    ask(1);
  }

  function answer({ message, data, mailboxId }: Post): void {
    const life = lives.byId(mailboxId);
    if (message === undefined || life === undefined || faults.stopped) return;
    const messageRef = String(data.messageRef);
    const kind = faults.pick('sendAnswer', ['reply', 'reply', 'replyAll', 'forward'] as const) ?? 'reply';
    aftermath.meant(messageRef, message);
    scheduler.after(faults.size('sendAnswer', 500, 60_000), () => send(life, { kind, messageRef }));
  }

  function cancel(id: string, afterMs: number): void {
    scheduler.after(afterMs, () => {
      app.request(`cancel ${id}`, async (_api, _process, sending) => {
        const after = await sending?.decisions.cancel(id);
        if (after !== undefined) outcomes.cancelled(id);
      });
    });
  }

  return {
    act() {
      if (faults.stopped) return;
      const more = tenant.graphPermissions.length > 0 ? other.below(2) : 0;
      for (let some = dice.below(most + 1) + more; some > 0; some--) {
        const life = dice.pick(lives.live());
        if (life !== undefined) scheduler.after(dice.between(0, 20_000), () => send(life));
      }
    },
    read(post) {
      if (isAnswering && post.type === 'message.received' && faults.strikes('sendAnswer')) answer(post);
      if (post.type !== 'submission.unknown' || !faults.strikes('sendDecide')) return;
      const id = String(post.data.submissionId);
      const wish = faults.pick('sendDecide', ['resend', 'resend', 'sent', 'failed'] as const) ?? 'resend';
      scheduler.after(faults.size('sendDecide', 100, 5 * minuteMs), () => {
        outcomes.wished(id, wish);
        app.request(`${wish} ${id}`, async ({ registry }, _process, sending) => {
          const mailbox = (await registry.get(post.mailboxId))?.row;
          if (mailbox === undefined || sending === undefined) return;
          if (wish === 'resend') await sending.decisions.resend(id, mailbox);
          else await sending.decisions.settle(id, wish);
        });
      });
    },
  };
}
