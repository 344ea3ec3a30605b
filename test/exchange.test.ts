import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../src/lib/domain/system.ts';
import { createImapConnector, type ImapTimeouts } from '../src/lib/mailbox/imap/imap-connector.ts';
import type { ImapConnector } from '../src/lib/mailbox/session/session.ts';
import { engineWorld } from './support/engine-world.ts';
import { memoryStore } from './support/memory-store.ts';
import {
  type Command,
  type Connection,
  fetchItems,
  type ScriptedImap,
  startScriptedImap,
} from './support/scripted-imap.ts';

// The engine with its real IMAP client on a server that says what Exchange says. Whatever it says instead of an answer,
// once or for a while: every mail arrives once, under one key, and the other mailbox is not affected.
const ada = 'ada@contoso.example';
const bea = 'bea@contoso.example';
const subjects = ['one', 'two', 'three'];
const servers: ScriptedImap[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

type Trouble = (command: Command, connection: Connection) => void;

/** A mailbox on a server of its own. While `trouble` is set, each command that `on` accepts is answered by it. */
async function mailbox(timeouts: Partial<ImapTimeouts> = {}) {
  const messages: { uid: number; source: string }[] = [];
  const folder = { uidValidity: 14, uidNext: 1, messages };
  const at: { trouble: Trouble | undefined; on: (command: Command) => boolean } = {
    trouble: undefined,
    on: () => false,
  };
  const server = await startScriptedImap({
    folders: { INBOX: folder },
    on: (command, connection) => {
      if (at.trouble === undefined || !at.on(command)) return false;
      at.trouble(command, connection);
      return true;
    },
  });
  servers.push(server);
  const parts = { clock: systemClock, timeouts };
  return {
    at,
    connector: createImapConnector({ host: '127.0.0.1', port: server.port, secure: false }, parts),
    arrive(subject: string) {
      const uid = folder.uidNext++;
      messages.push({ uid, source: sourceOf(subject) });
    },
  };
}

type Mailbox = Awaited<ReturnType<typeof mailbox>>;

async function twoMailboxes(timeouts?: Partial<ImapTimeouts>) {
  const boxes: Record<string, Mailbox> = { [ada]: await mailbox(timeouts), [bea]: await mailbox() };
  const world = engineWorld(memoryStore(systemClock));
  const status = { uidNext: 1, uidValidity: 14n, messages: 0, unseen: 0 };
  const folders = [{ path: 'INBOX', role: 'inbox' as const, status }];
  const connected = await world.connect(world.person(ada), { folders });
  await world.connect(world.person(bea), { folders });
  const imap: ImapConnector = {
    open: (account, ...rest) => {
      const box = boxes[account.login];
      if (box === undefined) throw new Error(`Nobody has the mailbox of ${account.login}.`);
      return box.connector.open(account, ...rest);
    },
  };
  const subjectsOf = (address: string) =>
    world.receiver
      .ofType('message.received')
      .filter(({ data }) => Reflect.get(Object(data.mailbox), 'address') === address)
      .map(({ data }) => data.subject);
  return {
    ...world,
    ada: boxes[ada] ?? expect.fail(),
    bea: boxes[bea] ?? expect.fail(),
    mailbox: connected.mailbox,
    poll: () => world.poll({ imap }),
    subjectsOf,
  };
}

const says =
  (reply: string): Trouble =>
  ({ tag }, { send }) =>
    send(reply.replaceAll('TAG', tag));
const saysAndLeaves =
  (reply: string): Trouble =>
  (command, connection) => {
    says(reply)(command, connection);
    connection.end();
  };

const silence: Trouble = () => {};
const troubles: Record<string, Trouble> = {
  'a throttle': says('TAG BAD Request is throttled. Suggested Backoff Time: 271604 milliseconds\r\n'),
  'that the person is authenticated but not connected': says('TAG BAD User is authenticated but not connected.\r\n'),
  'good-bye': saysAndLeaves('* BYE Connection closed. 14\r\n'),
  'that the token has run out': saysAndLeaves(
    '* BYE Session invalidated - AccessTokenExpired\r\nTAG NO AUTHENTICATE failed.\r\n',
  ),
  'that it is unavailable': says('TAG NO Server Unavailable. 15\r\n'),
  'nothing and hangs up': saysAndLeaves(''),
  'nothing at all': silence,
};
const verbs = ['AUTHENTICATE', 'STATUS', 'EXAMINE', 'UID SEARCH', 'UID FETCH'];

describe('a server that says', () => {
  it.each(Object.entries(troubles).flatMap(([what, trouble]) => verbs.map((verb) => ({ what, trouble, verb }))))(
    '$what to $verb holds its mail up and loses none',
    async ({ trouble, verb }) => {
      // Shorter waits than in production; a slow server still gets its time.
      const world = await twoMailboxes(trouble === silence ? { socketMs: 1_000, greetingMs: 1_000 } : {});
      await world.poll();
      for (const subject of subjects) world.ada.arrive(subject);
      world.bea.arrive('beside');
      Object.assign(world.ada.at, { trouble, on: ({ name }: Command) => name === verb });
      await world.poll();
      expect(world.subjectsOf(ada)).toEqual([]);
      expect(world.subjectsOf(bea)).toEqual(['beside']);
      expect(await world.cursor(world.mailbox)).toMatchObject({ lastUid: 0 });
      world.ada.at.trouble = undefined;
      world.time.pass(16 * 60_000);
      await world.poll();
      await world.poll();
      expect(world.subjectsOf(ada)).toEqual(subjects);
      expect(await world.state(world.mailbox)).toMatchObject({ state: 'active', code: '' });
      expect(world.receiver.ofType('message.vanished')).toEqual([]);
    },
  );
});

describe('a FETCH', () => {
  const isFetch = ({ name }: Command) => name === 'UID FETCH';

  // Metadata, structure and beginning of all three, the first one, the second.
  it.each([0, 1, 2, 3])('a FETCH cut after %i whole answers loses nothing and doubles nothing', async (whole) => {
    const world = await twoMailboxes();
    await world.poll();
    for (const subject of subjects) world.ada.arrive(subject);
    let fetches = 0;
    world.ada.at.on = (command) => isFetch(command) && fetches++ === whole;
    world.ada.at.trouble = (_command, { send, end }) => {
      send('* 1 FETCH (UID 1 FLAGS () BODY[] {400}\r\nSubject: ha');
      end();
    };
    await world.poll();
    expect(fetches).toBe(whole + 1);
    world.time.pass(16 * 60_000);
    await world.poll();
    await world.poll();
    expect(world.subjectsOf(ada)).toEqual(subjects);
    expect(new Set(world.receiver.ofType('message.received').map(({ id }) => id)).size).toBe(3);
    expect(await world.state(world.mailbox)).toMatchObject({ state: 'active', code: '' });
  });

  it.each<[string, Trouble]>([
    [
      'that does not answer for a message',
      ({ tag, args }, { send }) => send(`${answersFor(args, [1, 3])}${tag} OK FETCH completed.\r\n`),
    ],
    [
      'that answers for a message with its number alone',
      ({ tag, args }, { send }) =>
        send(`${answersFor(args, [1, 3])}* 2 FETCH (UID 2)\r\n${tag} OK FETCH completed.\r\n`),
    ],
    ['that answers for none', ({ tag }, { send }) => send(`${tag} OK FETCH completed.\r\n`)],
  ])('%s leaves a hole, which the next polls close', async (_what, trouble) => {
    const world = await twoMailboxes();
    await world.poll();
    for (const subject of subjects) world.ada.arrive(subject);
    Object.assign(world.ada.at, {
      trouble,
      on: (command: Command) => isFetch(command) && command.args.includes('HEADER'),
    });
    await world.poll();
    const early = world.subjectsOf(ada);
    expect(early).not.toContain('two');
    world.ada.at.trouble = undefined;
    for (let polls = 0; polls < 4; polls++) await world.poll();
    expect(world.subjectsOf(ada)).toEqual([...early, ...subjects.filter((subject) => !early.includes(subject))]);
    expect(await world.cursor(world.mailbox)).toMatchObject({ lastUid: 3, uidGaps: [] });
    expect(world.receiver.ofType('message.vanished')).toEqual([]);
  });
});

const sources = subjects.map((subject, index) => ({ uid: index + 1, source: sourceOf(subject) }));

function answersFor(args: string, uids: readonly number[]): string {
  return sources
    .filter(({ uid }) => uids.includes(uid))
    .map((message) => `* ${message.uid} FETCH (${fetchItems(args, message)})\r\n`)
    .join('');
}

function sourceOf(subject: string): string {
  return `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\nbody of ${subject}\r\n`;
}
