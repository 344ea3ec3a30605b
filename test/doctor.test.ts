import { QueueClient } from '@azure/storage-queue';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packageOf } from '../cli/deploy/package/package.ts';
import type { EmbeddedImap } from '../local/mail/stand-ins.ts';
import { dayMs } from '../src/lib/domain/duration.ts';
import { projectRoot } from './support/page.ts';
import { eventually, startWorld, type World } from './support/world.ts';

// The doctor of the deployed bundle, healthy and with one part after the other dead, slow, refusing or lying. What a
// check makes of what it has seen stands in tables beside it; here it is seen that it looks.
const ada = 'ada@contoso.example';
const secretName = 'client-secret';
const rootName = 'broker-root';

interface Item {
  readonly check: string;
  readonly subject: string | null;
  readonly status: string;
  readonly code: string | null;
  readonly sentence: string;
  readonly remedy: string | null;
  readonly who: string | null;
}

describe('the doctor', () => {
  let world: World;
  let mailboxId: string;
  let imap: EmbeddedImap;

  beforeAll(async () => {
    world = await startWorld();
    ({ mailboxId } = await world.connect(ada));
    imap = world.standIns.imap as EmbeddedImap;
  });
  afterAll(async () => {
    await world?.stop();
  });

  const ask = async (query = ''): Promise<{ status: string; version: string; tookMs: number; items: Item[] }> => {
    const answer = await world.api('GET', `doctor${query}`);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  /** What is not well, as `check subject status code`. */
  const troubles = ({ items }: { items: Item[] }) =>
    items
      .filter(({ status, check }) => status !== 'ok' && check !== 'timers')
      .map(({ check, subject, status, code }) => [check, subject, status, code]);

  it('finds everything well in a world that is', async () => {
    const report = await ask();
    expect(troubles(report)).toEqual([]);
    const checks = new Set(report.items.map(({ check }) => check));
    expect([...checks]).toEqual([
      'settings',
      'clock',
      'key-vault',
      'tables',
      'queue',
      'credential',
      'network',
      'redirect-uri',
      'consent',
      'timers',
      'destinations',
      'mailboxes',
      'sending',
      'submissions',
    ]);
    expect(report.tookMs).toBeLessThan(10_000);
    // What is published is the bundle; here the app runs from it, or from its sources.
    expect(['source', await packageOf(projectRoot).version()]).toContain(report.version);
  });

  it('leaves nothing behind in the queue that it tries to write', async () => {
    const work = new QueueClient(world.services.storageConnectionString, 'work');
    await eventually('the queue to be empty', async () => {
      // The host makes the queue with its first message.
      if (!(await work.exists())) return true;
      const { approximateMessagesCount } = await work.getProperties();
      return approximateMessagesCount === 0 || undefined;
    });
  });

  it('says the same in Chinese', async () => {
    const { items } = await ask('?lang=zh');
    for (const { sentence } of items) expect(sentence).toMatch(/\p{Script=Han}/u);
  });

  it('names remedy and person wherever something is wrong, and no secret', async () => {
    world.standIns.vault.down();
    const [{ items }, inChinese] = [await ask(), await ask('?lang=zh')];
    world.standIns.vault.down(false);
    for (const { sentence, remedy, status } of inChinese.items) {
      expect(sentence).toMatch(/\p{Script=Han}/u);
      if (status !== 'ok') expect(remedy).toMatch(/\p{Script=Han}/u);
    }
    for (const item of items.filter(({ status }) => status !== 'ok')) {
      expect(item.remedy).not.toBe('');
      expect(item.who).not.toBeNull();
    }
    const text = JSON.stringify(items);
    for (const secret of world.standIns.vault.live(secretName)) expect(text).not.toContain(secret);
  });

  describe('finds', () => {
    const undo: (() => unknown)[] = [];
    afterEach(async () => {
      for (const back of undo.splice(0).reverse()) await back();
    });
    const until = (back: () => unknown) => undo.push(back);
    const queue = (name: string) => new QueueClient(world.services.storageConnectionString, name);

    it.each<[string, () => unknown, unknown[]]>([
      [
        'a vault that is down',
        () => {
          world.standIns.vault.down();
          until(() => world.standIns.vault.down(false));
        },
        ['key-vault', secretName, 'fail', 'vault_unreachable'],
      ],
      [
        'a client secret that is gone',
        () => {
          world.standIns.vault.remove(secretName);
          until(() => world.standIns.vault.recover(secretName));
        },
        ['key-vault', secretName, 'fail', 'secret_missing'],
      ],
      [
        'a client secret that ends soon',
        () => {
          world.standIns.vault.change(secretName, { expiresOn: new Date(Date.now() + 5 * dayMs) });
          until(() => world.standIns.vault.change(secretName, { expiresOn: new Date(Date.now() + 180 * dayMs) }));
        },
        ['key-vault', secretName, 'warn', null],
      ],
      [
        'a root key that is disabled',
        () => {
          world.standIns.vault.change(rootName, { enabled: false });
          until(() => world.standIns.vault.change(rootName, { enabled: true }));
        },
        ['key-vault', rootName, 'fail', 'secret_missing'],
      ],
      [
        'a credential that Microsoft refuses',
        () => {
          world.standIns.entra.failTokens({
            times: Number.POSITIVE_INFINITY,
            grantType: 'client_credentials',
            status: 401,
            error: 'invalid_client',
            errorCodes: [7000222],
          });
          until(() => world.standIns.entra.heal());
        },
        ['credential', null, 'fail', 'client_secret_expired'],
      ],
      [
        'an Entra that answers with the page of a gateway',
        () => {
          world.standIns.entra.failTokens({ times: Number.POSITIVE_INFINITY, status: 502, answer: 'html' });
          until(() => world.standIns.entra.heal());
        },
        ['credential', null, 'fail', 'entra_unavailable'],
      ],
      [
        'a mail server that does not greet',
        () => {
          imap.behave('silent');
          until(() => imap.behave('normal'));
        },
        ['network', 'IMAP', 'fail', null],
      ],
      [
        'a mail server that refuses the mailbox',
        () => {
          imap.behave('refuse');
          until(() => imap.behave('normal'));
        },
        ['mailboxes', 'mailbox', 'fail', 'imap_refused'],
      ],
      [
        'a mailbox that is authenticated but not connected',
        () => {
          imap.behave('not-connected');
          until(() => imap.behave('normal'));
        },
        ['mailboxes', 'mailbox', 'fail', 'imap_not_connected'],
      ],
      [
        'a mail server that throttles',
        () => {
          imap.behave('throttle', { backoffMs: 1000 });
          until(() => imap.behave('normal'));
        },
        ['mailboxes', 'mailbox', 'fail', 'imap_throttled'],
      ],
      [
        'a mailbox that is paused',
        async () => {
          await world.api('PATCH', `mailboxes/${mailboxId}`, { body: { paused: true } });
          until(() => world.api('PATCH', `mailboxes/${mailboxId}`, { body: { paused: false } }));
        },
        ['mailboxes', 'mailbox', 'warn', null],
      ],
      [
        'a destination that is paused',
        async () => {
          const path = `destinations/${world.services.destinationId}`;
          await world.api('PATCH', path, { body: { paused: true } });
          until(() => world.api('PATCH', path, { body: { paused: false } }));
        },
        ['destinations', 'destination', 'warn', null],
      ],
      [
        'messages of the queue that were given up',
        async () => {
          await queue('work-poison').createIfNotExists();
          await queue('work-poison').sendMessage('{}');
          until(() => queue('work-poison').clearMessages());
        },
        ['queue', 'work-poison', 'warn', null],
      ],
    ])('%s', async (_, breakIt, expected) => {
      await breakIt();
      const subject = { mailbox: mailboxId, destination: world.services.destinationId }[String(expected[1])];
      const wanted = expected.map((each) => (each === expected[1] ? (subject ?? each) : each));
      expect(troubles(await ask())).toContainEqual(wanted);
    });

    it('a destination that is down, by the hold that mail met', async () => {
      world.standIns.nocobase.mode({ status: 503 });
      until(async () => {
        world.standIns.nocobase.mode({});
        // Brings the next probe forward.
        await world.api('POST', `destinations/${world.services.destinationId}/test`);
        await eventually('the hold to end', async () => {
          await world.poll();
          return troubles(await ask()).length === 0 || undefined;
        });
      });
      await imap.deliver(ada, 'From: grace@contoso.example\r\nSubject: held\r\n\r\nHello\r\n');
      const wanted = ['destinations', world.services.destinationId, 'fail', 'destination_busy'];
      await eventually('the hold', async () => {
        await world.poll();
        return troubles(await ask()).some((each) => JSON.stringify(each) === JSON.stringify(wanted)) || undefined;
      });
    });
  });

  it('finds a server for outgoing mail that is gone, and the mailboxes that cannot send for it', async () => {
    await world.standIns.smtp?.stop();
    const found = troubles(await ask());
    expect(found).toEqual([
      ['network', 'SMTP', 'fail', null],
      ['sending', mailboxId, 'fail', 'smtp_unreachable'],
    ]);
  });

  it('finds a person whose sign-in was revoked', async () => {
    world.standIns.entra.revoke(ada);
    await eventually('the mailbox to want a new sign-in', async () => {
      await world.poll();
      const found = troubles(await ask()).find(([check]) => check === 'mailboxes');
      return found?.[3] === 'reconnect_required' || found?.[3] === 'grant_revoked' || undefined;
    });
  });
});
