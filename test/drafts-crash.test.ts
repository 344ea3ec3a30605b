import type { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hourMs, minuteMs } from '../src/lib/domain/duration.ts';
import { cancelled, sent } from '../src/lib/domain/submission-steps.ts';
import { draftHeader } from '../src/lib/store/submissions/draft.ts';
import { type DraftsWorld, draftsWorld } from './support/drafts-world.ts';
import { type ImapServer, startEmbeddedForTests } from './support/embedded.ts';
import { type Death, mortalGround } from './support/mortal-drafts.ts';

const names = Array.from({ length: 200 }, (_, n) => `user${n}@contoso.example`);
const mail = (words: string) => ({ to: 'grace@fabrikam.example', subject: 'Offer', text: words });
const wish = { keyId: 'key', sendAt: undefined, expiresIn: undefined, onUnknown: 'ask' as const };

describe('a process that dies while it works on a draft', () => {
  let server: ImapServer;
  let next = 0;
  beforeAll(async () => {
    server = await startEmbeddedForTests(names);
  });
  afterAll(() => server?.stop());

  const inDrafts = async (outlook: ImapFlow) => {
    await outlook.mailboxOpen('INBOX');
    await outlook.mailboxOpen('Drafts');
    const all: string[] = [];
    for await (const { source } of outlook.fetch('1:*', { source: true })) all.push(source?.toString() ?? '');
    return all;
  };

  type Act = (world: DraftsWorld, drafts: DraftsWorld['drafts'], id: string) => Promise<unknown>;

  /**
   * Does something with a draft that is in Drafts, dies midway, and continues with new processes until nothing is left
   * to do.
   */
  async function once(death: Death | undefined, act: Act) {
    const world = await draftsWorld(server, names[next++] ?? '');
    const outlook = await world.client();
    const made = await world.drafts.create(world.reader, world.fields(mail('Dear one'), true));
    const { id } = made.row.draft;
    const ground = mortalGround(
      { store: world.store, blobs: world.blobs, interactive: world.sessions.interactive },
      death,
    );
    const { drafts } = world.processOver(ground);
    await act(world, drafts, id).catch((error: unknown) => {
      if (!ground.isDead()) throw error;
    });
    // What it would have done about its own death does not count.
    const result = ground.isDead() ? 'died' : 'done';
    world.clock.ahead(10 * minuteMs);
    await world.work();
    return {
      ...{ world, id, result, steps: ground.steps() },
      drafts: () => inDrafts(outlook),
      shown: () => world.drafts.get(world.reader, id).catch(() => undefined),
      end: async () => {
        await world.close();
        await outlook.logout();
      },
    };
  }
  type Run = Awaited<ReturnType<typeof once>>;

  /** The same with a death before and after each step. */
  async function everywhere(act: Act, check: (run: Run) => Promise<void>) {
    const whole = await once(undefined, act);
    await check(whole);
    await whole.end();
    expect(whole.steps).toBeGreaterThan(2);
    for (let atStep = 1; atStep <= whole.steps; atStep += 1) {
      for (const done of [false, true]) {
        const run = await once({ atStep, done }, act);
        expect(run.result, `step ${atStep}`).toBe('died');
        await check(run).catch((cause: unknown) => {
          throw new Error(`dead ${done ? 'after' : 'before'} step ${atStep}: ${String(cause)}`, { cause });
        });
        await run.end();
      }
    }
  }

  it('leaves one message in Drafts, with what was saved last', async () => {
    await everywhere(
      async (world, drafts, id) => {
        await drafts.put(world.reader, id, { base: 1, ...world.fields(mail('Dear two'), true) });
      },
      async ({ world, id, result, drafts, shown }) => {
        const now = await shown();
        // After a lost answer the caller asks, and saves again.
        const base = now?.row.draft.version ?? 0;
        if (base === 1) await world.drafts.put(world.reader, id, { base, ...world.fields(mail('Dear two'), true) });
        else expect([base, now?.fields?.text?.trim()]).toEqual([2, 'Dear two']);
        world.clock.ahead(minuteMs);
        await world.drafts.settle(world.row.id, id);
        expect((await shown())?.fields?.text?.trim()).toBe('Dear two');
        const all = await drafts();
        expect(all.length, result).toBe(1);
        expect(all[0]).toContain('Dear two');
        expect(all[0]).toMatch(new RegExp(`^${draftHeader}: ${id} 2 `, 'm'));
      },
    );
  }, 60_000);

  it('deletes a draft only when it was sent, and then always', async () => {
    await everywhere(
      (world, drafts, id) => drafts.send(world.reader, id, { ...wish, base: 1 }),
      async ({ world, id, result, drafts, shown }) => {
        const before = (await shown())?.row.draft;
        expect((await drafts()).length, result).toBe(1);
        // After a lost answer the caller repeats the request: the result is one submission.
        const sending = await world.drafts.send(world.reader, id, { ...wish, base: before?.version ?? 0 });
        if ('kind' in sending) throw new Error(sending.code);
        expect((await world.sending.submissions.page(world.row.id, undefined, 10)).length).toBe(1);
        await world.work();
        expect((await drafts()).length).toBe(1);
        await world.end(sending.id, (current) => sent(current, new Date(world.clock.now()), { refused: [] }));
        await world.work();
        expect(await drafts()).toEqual([]);
        expect(await shown()).toBeUndefined();
      },
    );
  }, 60_000);

  it('brings a scheduled draft back once when it is cancelled', async () => {
    await everywhere(
      async (world, drafts, id) => {
        const sendAt = new Date(world.clock.now() + 20 * hourMs);
        const sending = await drafts.send(world.reader, id, { ...wish, base: 1, sendAt });
        if ('kind' in sending) throw new Error(sending.code);
        await world.end(sending.id, (current) => cancelled(current, new Date(world.clock.now())));
        await drafts.settle(world.row.id, id);
      },
      async ({ world, id, drafts, shown }) => {
        for (const { submission } of await world.sending.submissions.page(world.row.id, undefined, 10)) {
          await world.end(submission.id, (current) => cancelled(current, new Date(world.clock.now())));
        }
        await world.work();
        const now = (await shown())?.row.draft;
        expect([now?.submission, now?.deleted, now?.version]).toEqual([undefined, false, 1]);
        expect((await drafts()).length).toBe(1);
        const result = await world.drafts.put(world.reader, id, { base: 1, ...world.fields(mail('Dear two'), true) });
        expect(result.kind).toBe('done');
        expect((await drafts()).length).toBe(1);
      },
    );
  }, 60_000);

  it('discards a draft whole, if it is asked to again', async () => {
    await everywhere(
      (world, drafts, id) => drafts.discard(world.reader, id, undefined),
      async ({ world, id, drafts, shown }) => {
        if ((await shown()) !== undefined) await world.drafts.discard(world.reader, id, undefined);
        expect(await drafts()).toEqual([]);
        expect(await shown()).toBeUndefined();
      },
    );
  }, 60_000);
});
