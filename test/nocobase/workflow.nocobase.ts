import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeliveryOutcome, OutgoingEvent } from '../../src/lib/domain/events/event.ts';
import { filterOf } from '../support/nocobase/api.ts';
import { runDocumented } from '../support/nocobase/documented.ts';
import { happened, mail, newKey, received } from '../support/nocobase/events.ts';
import { type Nocobase, startNocobase } from '../support/nocobase/nocobase.ts';
import { type Sender, startSender } from '../support/nocobase/sender.ts';

let nocobase: Nocobase;
let sender: Sender;
let apiKey: string;
let destinationId: string;

const address = (key: string): string => `${nocobase.url}/api/workflows:trigger?triggerWorkflows=${key}`;

const make = async (workflow: string, token = apiKey): Promise<string> => {
  const auth = { type: 'bearer', token } as const;
  const base = { type: 'workflow', name: 'NocoBase', rawHtml: false, paused: false } as const;
  return (await sender.destinations.create({ ...base, url: address(workflow), auth })).destination.id;
};
const send = (event: OutgoingEvent, to = destinationId): Promise<DeliveryOutcome> => sender.send(to, event);
const stored = (messageKey: string) => nocobase.records('mail_messages', { messageKey });
const heldBecause = async (to: string) => (await sender.destinations.get(to))?.held?.code;

const workflowId = async (key: string): Promise<string> =>
  (await nocobase.ask(`workflows:list?${filterOf({ key })}`)).data[0].id;
const switched = async (key: string, enabled: boolean) =>
  nocobase.ask(`workflows:update?filterByTk=${await workflowId(key)}`, { enabled });
/** Everything that NocoBase keeps of the runs of a workflow. */
const historyOf = async (key: string): Promise<string> => {
  const { data } = await nocobase.ask(`executions:list?paginate=false&${filterOf({ key })}`);
  const runs = (data as { id: string }[]).map(({ id }) => nocobase.ask(`executions:get?filterByTk=${id}&appends=jobs`));
  return JSON.stringify(await Promise.all(runs));
};

const accepted = { kind: 'accepted', status: 200 };
const failed = { kind: 'refused', reason: 'destination_refused_message', status: 500 };

const workflowPage = ['1. The collections', '2. A role and an API key', '`workflow`'] as const;

/** Runs the page's commands up to the workflow itself; the destination is made here, without a broker's API. */
beforeAll(async () => {
  nocobase = await startNocobase();
  const made = await runDocumented({ nocobase, skip: /\$BROKER\/api/ }, ...workflowPage);
  apiKey = made.variables.API_KEY;
  sender = await startSender(nocobase.host);
  destinationId = await make('mail_in');
});
afterAll(async () => {
  await sender?.stop();
  await nocobase?.stop();
});

describe('the workflow that the documentation makes', () => {
  it('has run to its end when it says 200', async () => {
    const key = newKey();
    expect(await send(received(key))).toEqual(accepted);
    expect(await stored(key)).toMatchObject([
      {
        messageKey: key,
        subject: mail.subject,
        fromAddress: 'grace@contoso.example',
        text: 'Hello Ada',
        receivedAt: '2026-11-22T08:00:01.000Z',
      },
    ]);
  });

  it('stores a mail that comes again only once', async () => {
    const key = newKey();
    for (let index = 0; index < 3; index += 1) expect(await send(received(key))).toEqual(accepted);
    expect(await stored(key)).toHaveLength(1);
  });

  it('stores a mail that comes 20 times at once only once, and accepts it from all in the end', async () => {
    const key = newKey();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => send(received(key))));
    // Those that lose the race for the unique field fail, and are sent again.
    for (const outcome of outcomes) expect([accepted, failed]).toContainEqual(outcome);
    expect(await send(received(key))).toEqual(accepted);
    expect(await stored(key)).toHaveLength(1);
  });

  it('ends well for events that it does not handle', async () => {
    const before = await nocobase.records('mail_messages');
    expect(await send(happened('mailbox.connected'))).toEqual(accepted);
    expect(await send(happened('message.updated', { messageKey: newKey(), seen: true }))).toEqual(accepted);
    expect(await send(happened('folder.reset', { announced: 2 }))).toEqual(accepted);
    expect(await nocobase.records('mail_messages')).toEqual(before);
  });

  it('takes a mail of 3 MB, and one with quotes and braces', async () => {
    const [big, odd] = [newKey(), newKey()];
    const text = 'x"{{$context.user}}\'\\n'.repeat(150_000);
    expect(await send(received(big, { text }))).toEqual(accepted);
    expect((await stored(big))[0]?.text === text).toBe(true);
    const subject = '"quoted" {{$context.data.id}} \\ {{ x';
    expect(await send(received(odd, { subject }))).toEqual(accepted);
    expect(await stored(odd)).toMatchObject([{ subject }]);
  });

  it('lets only the broker bring mail, though everyone may trigger it', async () => {
    await nocobase.ask('users:create', {
      username: 'mallory',
      email: 'mallory@contoso.example',
      password: 'mallory-password',
      roles: [{ name: 'member' }],
    });
    const member = await nocobase.signIn('mallory', 'mallory-password');
    const root = await nocobase.signIn(nocobase.root.account, nocobase.root.password);
    for (const token of [member, root]) {
      const key = newKey();
      const event = {
        id: key,
        type: 'message.received',
        data: { messageKey: key, subject: 'forged' },
        roleName: 'mail_broker',
      };
      const answer = await nocobase.askAs(token, 'workflows:trigger?triggerWorkflows=mail_in', event);
      expect(answer.status).toBe(500);
      expect(await stored(key)).toEqual([]);
    }
  });

  it('keeps no history of what ended well, and of what failed the mail in clear', async () => {
    const [good, bad] = [newKey(), newKey()];
    expect(await send(received(good, { text: 'that went well' }))).toEqual(accepted);
    const long = { name: '', address: `${'x'.repeat(300)}@contoso.example` };
    expect(await send(received(bad, { text: 'that went wrong', from: long }))).toEqual(failed);
    const history = await historyOf('mail_in');
    expect(history).not.toContain('that went well');
    expect(history).toContain('that went wrong');
  });
});

describe('a workflow destination', () => {
  it('a mail that makes the workflow fail is refused for that, and holds up no other', async () => {
    // `fromAddress` is a single line of text: 255 characters.
    const long = { name: '', address: `${'x'.repeat(300)}@contoso.example` };
    const [bad, good] = [newKey(), newKey()];
    expect(await send(received(bad, { from: long }))).toEqual(failed);
    expect(await heldBecause(destinationId)).toBeUndefined();
    expect(await send(received(good))).toEqual(accepted);
    expect(await stored(bad)).toEqual([]);
  });

  const off = { kind: 'held', reason: 'destination_workflow_off', status: 500, attempted: true };

  it('a workflow that is switched off is held, and takes everything when it is on again', async () => {
    const to = await make('mail_in');
    const key = newKey();
    await switched('mail_in', false);
    expect(await send(received(key), to)).toEqual(off);
    expect((await sender.destinations.get(to))?.held).toMatchObject({
      code: 'destination_workflow_off',
      remedy: expect.stringContaining('enable the workflow'),
    });
    await switched('mail_in', true);
    await sender.destinations.test(to, new AbortController().signal);
    expect(await send(received(key), to)).toEqual(accepted);
    expect(await stored(key)).toHaveLength(1);
  });

  it('a workflow that does not exist is held, and its test says why', async () => {
    const to = await make('nobody');
    expect(await sender.destinations.test(to, new AbortController().signal)).toMatchObject({
      accepted: false,
      code: 'destination_workflow_off',
    });
    expect(await send(received(newKey()), to)).toEqual(off);
  });

  it('a NocoBase whose database is away is held, and nothing is counted against the mail', async () => {
    const [to, after] = [await make('mail_in'), await make('mail_in')];
    const key = newKey();
    await nocobase.database.stop();
    const outcome = await send(received(key), to);
    await nocobase.database.start();
    expect(outcome).toEqual({ kind: 'held', reason: 'destination_busy', status: 500, attempted: true });
    expect(await send(received(key), after)).toEqual(accepted);
    expect(await stored(key)).toMatchObject([{ text: mail.text }]);
  });

  it('a key that does not hold is held', async () => {
    const to = await make('mail_in', `${apiKey.slice(0, -4)}AAAA`);
    const unauthorised = { kind: 'held', reason: 'destination_unauthorised', status: 401, attempted: true };
    expect(await send(received(newKey()), to)).toEqual(unauthorised);
    expect(await heldBecause(to)).toBe('destination_unauthorised');
  });

  it('larger than NocoBase takes is refused for what it is', async () => {
    const outcome = await send(received(newKey(), { text: 'x'.repeat(11 * 1024 * 1024) }));
    expect(outcome).toEqual({ ...failed, status: 413 });
  });
});

describe('why the documentation says synchronous', () => {
  it('an asynchronous workflow has said 200 to what is lost when NocoBase dies', async () => {
    const { data } = await nocobase.ask('workflows:create', {
      key: 'mail_in_async',
      title: 'Asynchronous',
      type: 'custom-action',
      sync: false,
      enabled: false,
      config: { type: 0 },
    });
    await nocobase.ask(`workflows/${data.id}/nodes:create`, {
      key: 'store_async',
      title: 'Store it',
      type: 'create',
      upstreamId: null,
      config: { collection: 'mail_messages', params: { values: { messageKey: '{{$context.data.id}}' } } },
    });
    await switched('mail_in_async', true);
    const to = await make('mail_in_async');
    const [lost, kept] = [newKey(), newKey()];
    expect(await send(received(lost), to)).toEqual(accepted);
    await nocobase.end('SIGKILL');
    await nocobase.begin();
    await nocobase.untilServing();
    const again = await make('mail_in_async');
    expect(await send(received(kept), again)).toEqual(accepted);
    await expect.poll(async () => (await stored(kept)).length, { timeout: 10_000 }).toBe(1);
    expect(await stored(lost)).toEqual([]);
  });

  it('a synchronous one keeps what it has said 200 to', async () => {
    const keys = Array.from({ length: 10 }, newKey);
    for (const key of keys) expect(await send(received(key))).toEqual(accepted);
    await nocobase.end('SIGKILL');
    await nocobase.begin();
    await nocobase.untilServing();
    for (const key of keys) expect(await stored(key)).toHaveLength(1);
  });
});
