import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TokenFailure } from '../local/entra/stand-in.ts';
import { systemClock } from '../src/lib/domain/system.ts';
import { type FailureClass, type FailureRule, failureTable } from '../src/lib/entra/failure-table.ts';
import type { ErrorCode } from '../src/lib/error-codes.ts';
import type { MailboxRow, MailboxState } from '../src/lib/store/rows/rows.ts';
import { engineWorld } from './support/engine-world.ts';
import { memoryStore } from './support/memory-store.ts';
import { startTokenStandIns, type TokenStandIns, tokenInstance } from './support/token-stand-ins.ts';

// Every way in which Microsoft refuses a renewal, from its answer on the wire to what the mailbox shows, what NocoBase is
// told, and what becomes of the mail that arrived meanwhile.
const ada = { address: 'ada@contoso.example', name: 'Ada', oid: 'aaaaaaaa-0000-4000-8000-000000000001' };

let standIns: TokenStandIns;
beforeAll(async () => {
  standIns = await startTokenStandIns([ada]);
});
afterEach(() => standIns.heal());
afterAll(() => standIns.stop());

const minute = 60_000;
const hour = 60 * minute;

/** A connected mailbox whose token has run out, polled by the engine with real tokens. */
async function connected() {
  const engine = engineWorld(memoryStore(systemClock));
  const clock = { ...engine.time.clock, sleep: async () => {} };
  const { signInAs, tokens, lines } = tokenInstance(standIns, { store: engine.store, clock, grants: engine.grants });
  const inbox = engine.mail.mailbox(ada.address).folder('INBOX');
  const place = async () => {
    const signedIn = await signInAs(ada.address);
    await engine.grants.connected(signedIn);
    const { uidNext, uidValidity, messages } = inbox;
    const status = { uidNext, uidValidity, messages: messages.length, unseen: 0 };
    const folders = [{ path: 'INBOX', role: 'inbox' as const, status }];
    const { mailbox } = await engine.registry.upsert(
      engine.inputOf({ ...signedIn, address: ada.address }, { folders }),
    );
    return mailbox;
  };
  const poll = () =>
    engine.poll({ token: async ({ grant }, options) => (await tokens.of(grant, 'outlook', options)).accessToken });
  const mailbox = await place();
  inbox.add('before');
  await poll();
  expect(engine.receiver.subjects()).toEqual(['before']);
  expect(await engine.state(mailbox)).toMatchObject({ state: 'active' });
  engine.time.pass(2 * hour);
  const events = () =>
    engine.receiver.arrivals
      .map(({ event }) => event.type)
      .filter((type) => type.startsWith('mailbox.') && type !== 'mailbox.connected');
  const requests = () => standIns.entra.requests().token.refresh_token;
  return { ...engine, mailbox, inbox, poll, reconnect: place, told: events, requests, lines };
}

type Connected = Awaited<ReturnType<typeof connected>>;

/** What the mailbox shows and which event is sent, by the class of the failure; written independently of the code. */
const outcomes: Partial<Record<FailureClass, { state: MailboxState; told: readonly string[] }>> = {
  user: { state: 'reconnect_required', told: ['mailbox.reconnect_required'] },
  'tenant admin': { state: 'consent_required', told: ['mailbox.consent_required'] },
  owner: { state: 'active', told: [] },
  retry: { state: 'throttled', told: [] },
  throttled: { state: 'throttled', told: [] },
  loop: { state: 'active', told: [] },
  locked: { state: 'throttled', told: [] },
};

/** How each class ends: what is done, and how long it takes until the mailbox is polled again. */
const mend: Partial<Record<FailureClass, (world: Connected) => Promise<unknown>>> = {
  user: ({ reconnect }) => reconnect(),
  'tenant admin': async ({ time }) => time.pass(25 * hour),
  owner: async ({ time }) => time.pass(6 * minute),
  // The waits of a mailbox double up to a quarter of an hour.
  retry: async ({ time }) => time.pass(16 * minute),
  throttled: async ({ time }) => time.pass(16 * minute),
  loop: async ({ time }) => time.pass(61 * minute),
  locked: async ({ time }) => time.pass(61 * minute),
};

async function showState(world: Connected, mailbox: MailboxRow, code: ErrorCode, kind: FailureClass): Promise<void> {
  const expected = outcomes[kind];
  expect(await world.state(mailbox)).toMatchObject({
    state: expected?.state,
    // A fault of the deployment is not the mailbox's: nothing of it is written there.
    code: expected?.state === 'active' ? '' : code,
  });
  expect(world.told()).toEqual(expected?.told);
}

const cases = failureTable
  .filter((rule) => (rule.phase ?? 'renew') === 'renew' && rule.class !== 'declined' && rule.class !== 'restart')
  .filter((rule) => rule.class !== 'doubt')
  .flatMap((rule): { name: string; rule: FailureRule; answer: TokenFailure }[] => [
    // Which number belongs to which rule is a table of its own (classify.test.ts); what a rule leads to, two of them show.
    ...(rule.numbers ?? []).slice(0, 2).map((number) => ({
      name: `AADSTS${number}`,
      rule,
      answer: { error: 'invalid_grant', errorCodes: [number] },
    })),
    ...(rule.suberrors ?? []).map((suberror) => ({
      name: suberror,
      rule,
      answer: { error: 'invalid_grant', suberror, errorCodes: [] },
    })),
  ]);

describe('a renewal that Microsoft refuses', () => {
  it.each(cases)(
    '$name ($rule.code, $rule.class) changes the state, is told, and loses no mail',
    async ({ rule, answer }) => {
      const world = await connected();
      const { mailbox, poll, inbox, receiver } = world;
      standIns.entra.failTokens({ ...answer, times: Number.POSITIVE_INFINITY });
      inbox.add('meanwhile');
      await poll();
      await showState(world, mailbox, rule.code, rule.class);
      const cursor = await world.cursor(mailbox);
      expect(cursor?.lastUid).toBe(1);
      // However often it is looked at: no second event, and the cursor stays where it was.
      for (let look = 0; look < 3; look++) await poll();
      await world.registry.ask(mailbox.id);
      await poll();
      await showState(world, mailbox, rule.code, rule.class);
      expect(await world.cursor(mailbox)).toEqual(cursor);
      if (rule.class === 'user') {
        const before = world.requests();
        for (let look = 0; look < 3; look++) await poll();
        expect(world.requests()).toBe(before);
      }
      standIns.heal();
      await mend[rule.class]?.(world);
      inbox.add('afterwards');
      await poll();
      await poll();
      expect(receiver.subjects()).toEqual(['before', 'meanwhile', 'afterwards']);
      expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
      const told = outcomes[rule.class]?.told ?? [];
      expect(world.told()).toEqual(told.length === 0 ? [] : [...told, 'mailbox.recovered']);
      expect(world.lines.join()).not.toMatch(/Trace ID|contoso/);
    },
  );

  it('has cases of every class', () => {
    expect(cases.length).toBeGreaterThan(45);
    expect(new Set(cases.map(({ rule }) => rule.class))).toEqual(new Set(Object.keys(outcomes)));
  });

  it('a refusal for an unknown reason counts the second time, a minute later', async () => {
    const world = await connected();
    const { mailbox, poll, inbox, receiver, reconnect } = world;
    standIns.entra.failTokens({ error: 'invalid_grant', errorCodes: [], times: Number.POSITIVE_INFINITY });
    inbox.add('meanwhile');
    await poll();
    expect(await world.state(mailbox)).toMatchObject({ state: 'throttled', code: 'grant_doubtful' });
    expect(world.told()).toEqual([]);
    await poll();
    await poll();
    expect(await world.state(mailbox)).toMatchObject({ state: 'reconnect_required', code: 'reconnect_required' });
    expect(world.told()).toEqual(['mailbox.reconnect_required']);
    standIns.heal();
    await reconnect();
    await poll();
    expect(receiver.subjects()).toEqual(['before', 'meanwhile']);
  });

  it.each<[string, TokenFailure]>([
    ['a cut line', { answer: 'close' }],
    ['a page of a gateway', { answer: 'html', status: 502 }],
    ['429 with a time', { status: 429, error: 'temporarily_unavailable', retryAfterSeconds: 300 }],
    ['an error nobody knows', { error: 'brand_new_error', errorCodes: [99999999] }],
  ])('a refusal by %s raises no alert, and ends automatically', async (_name, answer) => {
    const world = await connected();
    const { mailbox, poll, inbox, receiver, time } = world;
    standIns.entra.failTokens({ ...answer, times: Number.POSITIVE_INFINITY });
    inbox.add('meanwhile');
    for (let look = 0; look < 4; look++) await poll();
    expect(['throttled', 'active']).toContain((await world.state(mailbox))?.state);
    expect(world.told()).toEqual([]);
    standIns.heal();
    time.pass(16 * minute);
    await poll();
    expect(receiver.subjects()).toEqual(['before', 'meanwhile']);
    expect(await world.state(mailbox)).toMatchObject({ state: 'active', code: '' });
  });
});
