import { accept } from '../../../src/lib/submissions/accept.ts';
import type { App } from '../app.ts';
import { dice as diceOf } from '../dice.ts';
import type { Life, Lives } from '../lives.ts';
import type { Ground } from '../process.ts';
import type { Post } from '../receiver.ts';
import type { Outcomes } from './outcomes.ts';

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

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

export function createSenders(
  ground: Ground,
  world: { readonly app: App; readonly lives: Lives; readonly outcomes: Outcomes },
): Senders {
  const { scheduler, faults } = ground;
  const { app, lives, outcomes } = world;
  const dice = diceOf(`${ground.seed}/senders`);
  let count = 0;
  /** Messages at a time: some send much. */
  const most = 1 + dice.below(4);

  function send(life: Life): void {
    const key = `key-${++count}`;
    const now = scheduler.now();
    const wish = {
      sendAt: dice.chance(0.25) ? new Date(now + dice.between(1_000, 20 * minuteMs)) : undefined,
      expiresInMs: dice.chance(0.2) ? Math.round(dice.between(minuteMs, 10 * minuteMs)) : undefined,
      onUnknown: dice.chance(0.25) ? ('resend' as const) : ('ask' as const),
      priority: dice.chance(0.2) ? ('bulk' as const) : ('interactive' as const),
    };
    const recipients = dice.chance(0.3) ? ['x@far.example', 'y@far.example'] : ['x@far.example'];
    const messageId = `<${key}@ours.example>`;
    const mind = dice.chance(0.6) ? dice.between(0, 3 * minuteMs) : undefined;
    let answer: string | undefined;

    function ask(tries: number): void {
      app.request(`send ${key}`, async ({ registry }, _process, sending) => {
        const mailbox = (await registry.get(life.row.id))?.row;
        if (mailbox === undefined || sending === undefined) return;
        const { id } = await accept(sending.deps, {
          ...wish,
          mailbox,
          keyId: 'key',
          client: mailbox.destinationId,
          idempotencyKey: key,
          contentHash: key,
          messageId,
          compose: async () => ({
            from: mailbox.address,
            recipients,
            messageId,
            subject: key,
            bccHeader: undefined,
            mime: bytes(`Subject: ${key}\r\n\r\nHello\r\n`),
          }),
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
      for (let some = dice.below(most + 1); some > 0; some--) {
        const life = dice.pick(lives.live());
        if (life !== undefined) scheduler.after(dice.between(0, 20_000), () => send(life));
      }
    },
    read(post) {
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
