import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReadingWorld, readingWorld } from '../../../../test/support/reading-world.ts';
import { type Script, type ScriptedImap, startScriptedImap } from '../../../../test/support/scripted-imap.ts';
import { settled, type VirtualClock, virtualClock } from '../../../../test/support/virtual-clock.ts';

let server: ScriptedImap;
let world: ReadingWorld;
let clock: VirtualClock;
let on: Script['on'];

beforeEach(async () => {
  on = undefined;
  server = await startScriptedImap({ on: (command, connection) => on?.(command, connection) === true });
  clock = virtualClock();
  const served = { host: '127.0.0.1', port: server.port, secure: false, tokenFor: () => 'token' };
  world = readingWorld(served, 'ada@contoso.example', clock);
});
afterEach(async () => {
  await world.close();
  await server.close();
});

/** Work on a mailbox that begins, and ends when it is told to. */
function work(id = world.row.id) {
  let end = () => {};
  let begun = () => {};
  const begins = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const done = world.sessions.interactive.with({ ...world.row, id }, async (session) => {
    begun();
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    return session.status('INBOX');
  });
  done.catch(() => undefined);
  return { begins, done, end: () => end() };
}

const status = () => world.sessions.interactive.with(world.row, (session) => session.status('INBOX'));

describe('sessions for those who wait for an answer', () => {
  it('are two for a mailbox, and the third waits until one is free', async () => {
    const [one, two] = [work(), work()];
    await Promise.all([one.begins, two.begins]);
    const third = work();
    await settled();
    expect(server.connections).toBe(2);
    one.end();
    await third.begins;
    // It goes on with the connection of the first.
    expect(server.connections).toBe(2);
    two.end();
    third.end();
    await Promise.all([one.done, two.done, third.done]);
  });

  it('say after ten seconds that the mailbox is busy, and hold up no other mailbox', async () => {
    const [one, two] = [work(), work()];
    await Promise.all([one.begins, two.begins]);
    const third = work();
    const other = work('mbx_0000_other00000000000');
    await other.begins;
    await clock.advance(10_000);
    await expect(third.done).rejects.toMatchObject({ code: 'mailbox_busy', status: 429 });
    for (const each of [one, two, other]) each.end();
    await Promise.all([one.done, two.done, other.done]);
  });

  it('wait for no poll, and no poll waits for them', async () => {
    const [one, two] = [work(), work()];
    await Promise.all([one.begins, two.begins]);
    const account = { login: world.row.login, accessToken: 'token', mailboxId: world.row.id };
    const polled = await world.sessions.polled.open(account);
    expect(await polled.status('INBOX')).toMatchObject({ messages: 0 });
    one.end();
    two.end();
    await Promise.all([one.done, two.done]);
    expect(await status()).toMatchObject({ messages: 0 });
    await polled.close();
  });

  it('are kept for a minute, and closed after it', async () => {
    await status();
    await clock.advance(59_000);
    await status();
    expect(server.connections).toBe(1);
    await clock.advance(60_000);
    await status();
    expect(server.connections).toBe(2);
  });

  describe('are left after the answer', () => {
    /** The server answers UNSELECT only once `answer` is called. */
    const holdUnselect = () => {
      let answer = () => {};
      const asked = new Promise<void>((resolve) => {
        on = ({ tag, name }, { send }) => {
          if (name !== 'UNSELECT' && name !== 'CLOSE') return false;
          answer = () => send(`${tag} OK done\r\n`);
          resolve();
          return true;
        };
      });
      return { asked, answer: () => answer() };
    };
    const inFolder = () => world.sessions.interactive.with(world.row, (session) => session.fetchFlags('INBOX', [1]));

    /** A request that has its answer, while its session still waits for that of UNSELECT. */
    const leavingFolder = async () => {
      const held = holdUnselect();
      await inFolder();
      await held.asked;
      on = undefined;
      return held;
    };

    it('which does not wait for that, and the next request takes the same session up', async () => {
      const held = await leavingFolder();
      const next = status();
      await settled();
      expect(server.connections).toBe(1);
      held.answer();
      await next;
      expect(server.connections).toBe(1);
    });

    it('and are replaced for the next request if that takes long', async () => {
      await leavingFolder();
      const next = status();
      await settled();
      await clock.advance(1_000);
      await next;
      expect(server.connections).toBe(2);
    });

    it('and are no one else’s until then: a third request at the same time waits', async () => {
      const held = await leavingFolder();
      const other = work();
      await clock.advance(1_000);
      await other.begins;
      const third = work();
      await settled();
      expect(server.connections).toBe(2);
      held.answer();
      await third.begins;
      expect(server.connections).toBe(2);
      for (const each of [other, third]) each.end();
      await Promise.all([other.done, third.done]);
    });
  });

  it('tell a throttle with its end, and ask nothing until then', async () => {
    on = ({ tag, name }, { send }) => {
      if (name !== 'STATUS') return false;
      send(`${tag} BAD Request is throttled. Suggested Backoff Time: 90000 milliseconds\r\n`);
      return true;
    };
    const throttled = { code: 'imap_throttled', status: 503, retry: { until: new Date(clock.now() + 90_000) } };
    await expect(status()).rejects.toMatchObject(throttled);
    const { connections } = server;
    await clock.advance(89_000);
    await expect(status()).rejects.toMatchObject(throttled);
    expect(server.connections).toBe(connections);
    on = undefined;
    await clock.advance(1_001);
    expect(await status()).toMatchObject({ messages: 0 });
  });
});
