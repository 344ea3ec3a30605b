import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { demoUsers } from '../local/demo/demo-users.ts';
import type { DemoUser } from '../local/entra/stand-in.ts';
import { BrowserClient, hiddenField, type Page } from './support/browser-client.ts';
import type { HostProcess } from './support/host-process.ts';
import { describeImapServers } from './support/imap-servers.ts';
import { shortMail } from './support/mail.ts';
import { rowsOfTable } from './support/tables.ts';
import { halves } from './support/wholeness.ts';
import { accepted, eventsOf, eventually, pressButton, startWorld, type World, walk } from './support/world.ts';

const raceRounds = 6;
/** Milliseconds; negative where the callback is the one that comes first. */
const headStarts = [
  ...Array.from({ length: 6 }, (_, step) => step * 24 - 72),
  ...Array.from({ length: 6 }, (_, step) => 180 * step + 50),
];

/** A person for each test, so that none finds what another left behind. */
const person = (name: string, number: number): DemoUser => ({
  address: `${name}@contoso.example`,
  name,
  oid: `4a1de000-0000-4000-8000-${String(number).padStart(12, '0')}`,
});
const racers = Array.from({ length: raceRounds }, (_, round) => person(`racer-${round}`, 200 + round));
const people = [
  'scanned',
  'second',
  'declining',
  'blocked',
  'stepping',
  'right',
  'wrong',
  'returning',
  'keeping',
  'stateful',
  'removed',
];
/** Signs in by telephone. */
const caller: DemoUser = { ...person('caller', 190), signInName: '+15551234567' };
const users = [...demoUsers, ...people.map((name, index) => person(name, 100 + index)), ...racers, caller];
const address = (name: string): string => `${name}@contoso.example`;

const heading = (page: Page): string => /<h1>(.*?)<\/h1>/.exec(page.text)?.[1] ?? '';
const callbackOf = (world: World, who: string, away: Page, options: { decline?: boolean } = {}): Promise<string> =>
  world.standIns.entra.signInAs(address(who), away.location ?? '', options);

/** Waits until the worker has erased everything that was removed. */
async function settled(world: World): Promise<void> {
  let found: string[] = [];
  await world.poll();
  await eventually(
    'nothing half is left',
    async () => {
      found = await halves(world.store);
      return found.length === 0 ? true : undefined;
    },
    15_000,
  ).catch(() => expect(found).toEqual([]));
}

describeImapServers('connecting over HTTP', (imap) => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ imap, users });
  });
  afterAll(() => world?.stop());

  /** Of what does not depend on the mail server each takes every other round. */
  const isOwn = (_round: unknown, index: number): boolean => (index % 2 === 0) === (imap === 'embedded');
  const link = async (body: Record<string, unknown>): Promise<string> => {
    const made = await world.api('POST', 'connect-links', { body });
    expect(made.status).toBe(201);
    return made.body.url;
  };
  const linkFor = (who: string, more: Record<string, unknown> = {}) => link({ expectedAddress: address(who), ...more });
  const mailboxesOf = async (who: string): Promise<{ id: string; state: string; label?: string }[]> =>
    (await world.api('GET', `mailboxes?address=${encodeURIComponent(address(who))}`)).body.items;
  const codesRedeemed = () => world.standIns.entra.requests().token.authorization_code;

  // After every test, whatever its outcome: nothing half done is left.
  afterEach(async () => {
    expect(await halves(world.store)).toEqual([]);
  });

  it('lets a scanner open a link as often as it likes, and the person give up and finish on another device', async () => {
    const url = await linkFor('scanned');
    const before = await rowsOfTable(world.store, 'tickets');
    for (const method of ['HEAD', 'GET', 'HEAD', 'GET', 'GET']) {
      const answer = await fetch(url, { method, redirect: 'manual', headers: { 'user-agent': 'SafeLinks/1.0' } });
      expect(answer.status).toBe(200);
      expect(answer.headers.getSetCookie()).toEqual([]);
      const text = await answer.text();
      if (method === 'GET') expect(text).toContain(address('scanned'));
    }
    expect(await rowsOfTable(world.store, 'tickets')).toEqual(before);
    expect(await rowsOfTable(world.store, 'states')).toEqual([]);

    const desktop = new BrowserClient();
    const givenUp = await pressButton(desktop, url);
    expect(givenUp.status).toBe(303);

    const telephone = new BrowserClient();
    const page = await walk(telephone, url, world.standIns, address('scanned'));
    expect(page.status).toBe(200);
    expect(heading(page)).toBe('Your mailbox is connected');
    expect(page.text).toContain(address('scanned'));

    // The half that was given up is still open in the other window.
    const late = await desktop.get(await callbackOf(world, 'scanned', givenUp));
    expect(late.status).toBe(410);
    expect(heading(late)).toBe('This link has been used');
    expect(await mailboxesOf('scanned')).toHaveLength(1);
  });

  it('says of a spent link that it is spent, on opening it and on pressing its button', async () => {
    const url = await linkFor('second');
    const browser = new BrowserClient();
    const form = await browser.get(url);
    await walk(browser, url, world.standIns, address('second'));
    const opened = await new BrowserClient().get(url);
    expect([opened.status, heading(opened)]).toEqual([410, 'This link has been used']);
    expect(opened.text).not.toContain('<form');
    const pressed = await browser.post(url.split('?')[0] ?? '', { token: hiddenField(form, 'token') });
    expect([pressed.status, heading(pressed)]).toEqual([410, 'This link has been used']);
    expect(pressed.location).toBeUndefined();
  });

  it('leaves the link good when the person declines', async () => {
    const url = await linkFor('declining');
    const browser = new BrowserClient();
    const declined = await walk(browser, url, world.standIns, address('declining'), { decline: true });
    expect([declined.status, heading(declined)]).toEqual([403, 'Nothing was connected']);
    expect(await mailboxesOf('declining')).toEqual([]);

    // The button of that very page, without the link from the message.
    const token = hiddenField(declined, 'token');
    const away = await browser.post(`${world.url}/connect`, { token });
    expect(away.status).toBe(303);
    const page = await browser.get(await callbackOf(world, 'declining', away));
    expect(heading(page)).toBe('Your mailbox is connected');
  });

  it.each([
    [53003, 'Your organisation blocked this sign-in'],
    [53000, 'Your organisation blocked this sign-in'],
    [50105, 'Your administrator has to approve first'],
    [99912345, 'Your organisation blocked this sign-in'],
    [65004, 'Nothing was connected'],
  ])('says what AADSTS%i means, and shows the number to the person who can act', async (number, title) => {
    const url = await linkFor('blocked');
    world.standIns.entra.failSignIns({ number });
    const page = await walk(new BrowserClient(), url, world.standIns, address('blocked'));
    expect(heading(page)).toBe(title);
    if (number !== 65004) expect(page.text).toContain(`AADSTS${number}`);
    expect(hiddenField(page, 'token')).not.toBe('');
  });

  it('brings in the next sign-in what Microsoft missed when it refused the code', async () => {
    const url = await linkFor('stepping');
    const claims = JSON.stringify({ id_token: { acrs: { essential: true, value: 'c1' } } });
    const answer = { error: 'interaction_required', errorCodes: [50076], suberror: 'basic_action', claims };
    world.standIns.entra.failTokens({ ...answer, grantType: 'authorization_code' });
    const browser = new BrowserClient();
    const refused = await walk(browser, url, world.standIns, address('stepping'));
    expect(heading(refused)).toBe('Your mailbox was not connected');
    const away = await browser.post(`${world.url}/connect`, { token: hiddenField(refused, 'token') });
    const asked = new URL(away.location ?? '').searchParams.get('claims');
    expect(JSON.parse(asked ?? '{}')).toMatchObject(JSON.parse(claims));
    expect(heading(await browser.get(await callbackOf(world, 'stepping', away)))).toBe('Your mailbox is connected');
  });

  it('connects the address of the directory where the sign-in name is a telephone number', async () => {
    const page = await walk(new BrowserClient(), await link({ anyAddress: true }), world.standIns, address('caller'));
    expect(heading(page)).toBe('Your mailbox is connected');
    expect(page.text).toContain(address('caller'));
    expect(await mailboxesOf('caller')).toHaveLength(1);
  });

  it('names both addresses after a sign-in with another account, and connects nothing', async () => {
    const url = await linkFor('right');
    const grants = await rowsOfTable(world.store, 'grants');
    const refused = await walk(new BrowserClient(), url, world.standIns, address('wrong'));
    expect([refused.status, heading(refused)]).toEqual([403, 'This is a different account']);
    expect(refused.text).toContain(address('right'));
    expect(refused.text).toContain(address('wrong'));
    expect(await mailboxesOf('right')).toEqual([]);
    expect(await mailboxesOf('wrong')).toEqual([]);
    expect(await rowsOfTable(world.store, 'grants')).toEqual(grants);

    const page = await walk(new BrowserClient(), url, world.standIns, address('right'));
    expect(heading(page)).toBe('Your mailbox is connected');
  });

  it('leads back to the address that the link names, with the result as a hint', async () => {
    const origin = `http://localhost:${new URL(world.services.stack.nocobase).port}`;
    const returnUrl = `${origin}/admin/settings?tab=mail`;
    const browser = new BrowserClient();
    const url = await linkFor('returning', { returnUrl });
    const other = await walk(browser, url, world.standIns, address('wrong'));
    expect(other.status).toBe(303);
    expect(other.location).toBe(`${returnUrl}&status=failed&code=wrong_account`);
    // A person who declined may have met a demand for an administrator: there is a link to pass on, and then the way
    // back.
    const declined = await walk(browser, url, world.standIns, address('returning'), { decline: true });
    expect(heading(declined)).toBe('Nothing was connected');
    const back = `${returnUrl}&status=failed&code=sign_in_declined`.replaceAll('&', '&amp;');
    expect(declined.text).toContain(`<a href="${back}">`);
    expect(declined.text).toContain('/api/tenant-consent?token=');

    const connected = await walk(browser, url, world.standIns, address('returning'));
    const [mailbox] = await mailboxesOf('returning');
    expect(connected.location).toBe(`${returnUrl}&status=connected&mailboxId=${mailbox?.id}`);
    expect(connected.headers.get('referrer-policy')).toBe('no-referrer');
  });

  it.each([
    ['another origin', 'https://evil.example/hunter2'],
    ['another port', 'http://localhost:1/hunter2'],
    ['a name that begins alike', 'http://localhost.evil.example/hunter2'],
    ['user info', 'http://localhost@evil.example/hunter2'],
    ['a script', 'javascript:alert("hunter2")'],
    ['a path alone', '//evil.example/hunter2'],
    ['a number', 7],
  ])('takes no link that leads back to %s', async (_what, returnUrl) => {
    const before = await rowsOfTable(world.store, 'tickets');
    const answer = await world.api('POST', 'connect-links', { body: { anyAddress: true, returnUrl } });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', fields: [{ field: 'returnUrl' }] });
    expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|evil/);
    expect(await rowsOfTable(world.store, 'tickets')).toEqual(before);
  });

  it('keeps the id of a mailbox that is connected again, by either kind of link', async () => {
    const { mailboxId } = await world.connect(address('keeping'), { label: 'Before', ownerRef: 7 });
    expect(mailboxId).not.toBe('');
    const again = await walk(
      new BrowserClient(),
      await linkFor('keeping', { label: 'After' }),
      world.standIns,
      address('keeping'),
    );
    expect(heading(again)).toBe('Your mailbox is connected');
    const reconnect = await link({ mailboxId });
    const third = await walk(new BrowserClient(), reconnect, world.standIns, address('keeping'));
    expect(heading(third)).toBe('Your mailbox is connected');
    expect(await mailboxesOf('keeping')).toMatchObject([{ id: mailboxId, label: 'After', ownerRef: 7 }]);

    const other = await walk(new BrowserClient(), await link({ mailboxId }), world.standIns, address('wrong'));
    expect([other.status, heading(other)]).toEqual([403, 'This is a different account']);
    expect(await mailboxesOf('keeping')).toMatchObject([{ id: mailboxId }]);
  });

  // What a state is does not depend on the mail server.
  if (imap === 'embedded')
    describe('a state', () => {
      /** One that the person has brought back to the door, and her browser. */
      const atTheDoor = async () => {
        const url = await linkFor('stateful');
        const browser = new BrowserClient();
        const away = await pressButton(browser, url);
        return { url, browser, callback: await callbackOf(world, 'stateful', away) };
      };
      const withState = (callback: string, state: string): string => {
        const changed = new URL(callback);
        if (state === '') changed.searchParams.delete('state');
        else changed.searchParams.set('state', state);
        return changed.href;
      };

      it('is refused if it is missing or forged, and spends nothing', async () => {
        const { browser, callback } = await atTheDoor();
        const redeemed = codesRedeemed();
        for (const state of ['A'.repeat(43), 'x', '', '<script>alert(1)</script>', 'A'.repeat(5000)]) {
          const page = await browser.get(withState(callback, state));
          expect([page.status, heading(page)]).toEqual([400, 'This sign-in cannot be continued here']);
          expect(page.text).not.toContain('alert(1)');
        }
        expect(codesRedeemed()).toBe(redeemed);
        expect(heading(await browser.get(callback))).toBe('Your mailbox is connected');
      });

      it('is refused in another browser, and stays valid in its own', async () => {
        const { browser, callback } = await atTheDoor();
        const redeemed = codesRedeemed();
        const stranger = new BrowserClient();
        const [cookie = ['', '']] = browser.cookies;
        expect(cookie[0]).toMatch(/^__Host-nmb-[0-9a-f]{8}$/);
        for (const value of [undefined, '', 'A'.repeat(43), cookie[1].slice(0, -1)]) {
          if (value !== undefined) stranger.cookies.set(cookie[0], value);
          const page = await stranger.get(callback);
          expect([page.status, heading(page)]).toEqual([400, 'This sign-in cannot be continued here']);
          expect(page.text).not.toContain(address('stateful'));
        }
        expect(codesRedeemed()).toBe(redeemed);
        expect(heading(await browser.get(callback))).toBe('Your mailbox is connected');
      });

      it('shows its result after use to the same browser only, and redeems no second code', async () => {
        const { browser, callback } = await atTheDoor();
        const first = await browser.get(callback);
        const redeemed = codesRedeemed();
        const again = await browser.get(callback);
        expect([again.status, heading(again)]).toEqual([200, heading(first)]);
        const other = new URL(callback);
        other.searchParams.set('code', 'another');
        expect(heading(await browser.get(other.href))).toBe(heading(first));
        expect(heading(await new BrowserClient().get(callback))).toBe('This sign-in cannot be continued here');
        expect(codesRedeemed()).toBe(redeemed);
      });

      it('redeems nothing if it is too old, and its page restarts the link', async () => {
        const { browser, callback } = await atTheDoor();
        const redeemed = codesRedeemed();
        const open = (await rowsOfTable(world.store, 'states')).filter((row) => row.values.status === 'open');
        const past = new Date(Date.now() - 1000);
        for (const row of open) {
          await world.store.table('states').replace({ ...row, values: { ...row.values, expiresAt: past } }, row.etag);
        }
        const page = await browser.get(callback);
        expect([page.status, heading(page)]).toEqual([400, 'This sign-in was not finished']);
        expect(codesRedeemed()).toBe(redeemed);

        const away = await browser.post(`${world.url}/connect`, { token: hiddenField(page, 'token') });
        const done = await browser.get(await callbackOf(world, 'stateful', away));
        expect(heading(done)).toBe('Your mailbox is connected');
      });

      it.each([
        ['a minute ago', -60_000],
        ['by a clock that is five minutes ahead', 300_000],
      ])('restarts the link if its callback died midway, %s', async (_when, fromNowMs) => {
        const { browser, callback } = await atTheDoor();
        const open = (await rowsOfTable(world.store, 'states')).filter((row) => row.values.status === 'open');
        const values = { status: 'used', usedAt: new Date(Date.now() + fromNowMs) };
        for (const row of open) {
          await world.store.table('states').replace({ ...row, values: { ...row.values, ...values } }, row.etag);
        }
        const page = await browser.get(callback);
        expect([page.status, heading(page)]).toEqual([400, 'This sign-in was not finished']);
        const away = await browser.post(`${world.url}/connect`, { token: hiddenField(page, 'token') });
        expect(heading(await browser.get(await callbackOf(world, 'stateful', away)))).toBe('Your mailbox is connected');
      });

      it('does not open if it was sealed for another row', async () => {
        const one = await atTheDoor();
        const [row, ...others] = (await rowsOfTable(world.store, 'states')).filter(
          ({ values }) => values.status === 'open',
        );
        expect(others).toEqual([]);
        const donor = (await rowsOfTable(world.store, 'states')).find(({ values }) => values.status === 'used');
        if (row === undefined || donor === undefined) throw new Error('rows are missing');
        const sealed = donor.values.sealed;
        await world.store.table('states').replace({ ...row, values: { ...row.values, sealed } }, row.etag);
        const page = await one.browser.get(one.callback);
        expect(page.status).toBe(500);
        expect(heading(page)).toBe('Something is wrong on our side');
      });
    });

  describe('two at once', () => {
    let peer: HostProcess;
    beforeAll(async () => {
      peer = await world.startPeer();
    });
    afterAll(() => peer?.stop());

    /** The same address on the other instance. */
    const onPeer = (url: string): string => {
      const moved = new URL(url);
      moved.port = String(peer.port);
      return moved.href;
    };

    it('callbacks for one address on two instances make one mailbox', async () => {
      for (const { address: wanted, name } of racers.filter(isOwn)) {
        const arrivals = await Promise.all(
          Array.from({ length: 3 }, async () => {
            const browser = new BrowserClient();
            const away = await pressButton(browser, await link({ expectedAddress: wanted }));
            return { browser, callback: await callbackOf(world, name, away) };
          }),
        );
        const pages = await Promise.all(
          arrivals.map(({ browser, callback }, index) => browser.get(index % 2 === 0 ? callback : onPeer(callback))),
        );
        expect(pages.map(heading)).toEqual(Array(3).fill('Your mailbox is connected'));
        const found = await mailboxesOf(name);
        expect(found).toHaveLength(1);
        expect(await halves(world.store)).toEqual([]);
        expect((await world.api('POST', `mailboxes/${found[0]?.id}/token`, { body: {} })).status).toBe(200);
      }
    });

    it('callbacks of one link, from two devices, both end well', async () => {
      const url = await linkFor('second');
      const arrivals = await Promise.all(
        [new BrowserClient(), new BrowserClient()].map(async (browser) => {
          const away = await pressButton(browser, url);
          return { browser, callback: await callbackOf(world, 'second', away) };
        }),
      );
      const pages = await Promise.all(
        arrivals.map(({ browser, callback }, index) => browser.get(index === 0 ? callback : onPeer(callback))),
      );
      // A person who comes too late is told that the link was used, not that something failed.
      for (const page of pages) {
        expect(['Your mailbox is connected', 'This link has been used']).toContain(heading(page));
      }
      expect(pages.map(heading)).toContain('Your mailbox is connected');
      expect(await mailboxesOf('second')).toHaveLength(1);
    });

    it('a double click on the callback shows the same page twice and redeems one code', async () => {
      const browser = new BrowserClient();
      const away = await pressButton(browser, await linkFor('second'));
      const callback = await callbackOf(world, 'second', away);
      const redeemed = codesRedeemed();
      const pages = await Promise.all([browser.get(callback), browser.get(onPeer(callback))]);
      expect(pages.map(heading)).toEqual(Array(2).fill('Your mailbox is connected'));
      expect(codesRedeemed()).toBe(redeemed + 1);
    });

    it('a DELETE and a connect leave one whole mailbox or none', async () => {
      const ends = { whole: 0, none: 0 };
      /** Begins with a mailbox, or without. */
      const bring = async (count: 0 | 1): Promise<void> => {
        const [there] = await mailboxesOf('removed');
        if (there === undefined && count === 1) await world.connect(address('removed'));
        if (there === undefined || count === 1) return;
        await world.api('DELETE', `mailboxes/${there.id}`);
        await settled(world);
      };
      // When the DELETE is sent, as seen from the callback, which takes some 100 ms. A DELETE that comes long before it
      // meets the worker in its place, which erases at the next tick. One round in three begins without a mailbox.
      for (const [round, headStartMs] of headStarts.filter(isOwn).entries()) {
        await bring(round % 3 === 2 ? 0 : 1);
        const [known] = await mailboxesOf('removed');
        const browser = new BrowserClient();
        const away = await pressButton(browser, await linkFor('removed'));
        const callback = await callbackOf(world, 'removed', away);
        const remove = async (): Promise<void> => {
          await delay(Math.max(0, -headStartMs));
          const target = known ?? (await eventually('a new mailbox', async () => (await mailboxesOf('removed'))[0]));
          expect([204, 404]).toContain((await world.api('DELETE', `mailboxes/${target.id}`)).status);
        };
        const finish = async (): Promise<Page> => {
          await delay(Math.max(0, headStartMs));
          return browser.get(round % 2 === 0 ? callback : onPeer(callback));
        };
        // Without a mailbox there is nothing to remove before the callback has made one.
        const [page] = await Promise.all([known === undefined ? browser.get(callback) : finish(), remove()]);
        expect(heading(page), `DELETE ${headStartMs} ms before the callback`).toBe('Your mailbox is connected');
        await settled(world);
        const [left, ...others] = await mailboxesOf('removed');
        expect(others).toEqual([]);
        ends[left === undefined ? 'none' : 'whole'] += 1;
        if (left !== undefined) {
          expect((await world.api('POST', `mailboxes/${left.id}/token`, { body: {} })).status).toBe(200);
        }
      }
      // A race that always ends one way is none.
      expect(ends.whole, JSON.stringify(ends)).toBeGreaterThan(0);
      expect(ends.none, JSON.stringify(ends)).toBeGreaterThan(0);
    }, 240_000);

    it('a mailbox that two raced for still delivers', async () => {
      const { mailboxId } = await world.connect(address('removed'));
      await world.standIns.imap.deliver(address('removed'), await shortMail(address('removed'), 'after the race'));
      const [event] = await eventsOf(
        world,
        1,
        (each) =>
          accepted('message.received')(each) &&
          (each.body as { data: { subject: string } }).data.subject === 'after the race',
      );
      expect(event?.body).toMatchObject({ data: { mailbox: { id: mailboxId } } });
    });
  });
});
