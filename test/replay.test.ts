import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeImapServers } from './support/imap-servers.ts';
import { shortMail } from './support/mail.ts';
import { eventually, pollsPass, startWorld, type World } from './support/world.ts';

const lina = 'lina@contoso.example';

interface Arrival {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly status: number;
}

/** A receiver that chokes on some mail. */
async function startReceiver() {
  const arrivals: Arrival[] = [];
  const poison = new Set<string>();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { type, data } = JSON.parse(Buffer.concat(chunks).toString());
      const status = poison.has(data.subject) ? 422 : 204;
      arrivals.push({ id: String(request.headers['webhook-id']), type, data, status });
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, arrivals, poison, stop: () => server.close() };
}

describeImapServers('what did not arrive', (imap) => {
  let world: World;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let mailboxId: string;
  let destinationId: string;
  const put = async (subject: string) => world.standIns.imap.deliver(lina, await shortMail(lina, subject));
  const of = (subject: string) => receiver.arrivals.filter(({ data }) => data.subject === subject);
  const arrived = (subject: string) => of(subject).filter(({ status }) => status < 300);
  const listed = async () => (await world.api('GET', 'deliveries')).body.items;

  beforeAll(async () => {
    receiver = await startReceiver();
    world = await startWorld({
      imap,
      movableTime: true,
      given: { PRIVATE_DESTINATIONS: `${receiver.host}=127.0.0.1/32` },
    });
    const made = await world.api('POST', 'destinations', {
      body: { type: 'webhook', name: 'Chokes', url: `http://${receiver.host}/mail` },
    });
    destinationId = made.body.id;
    ({ mailboxId } = await world.connect(lina, { destinationId }));
    await put('before');
    await eventually('the first mail', () => arrived('before').length > 0 || undefined);
  }, 120_000);
  afterAll(async () => {
    await world?.stop();
    receiver?.stop();
  });

  it('is listed with its reason, and comes under its own id when its receiver is fixed and it is replayed', async () => {
    receiver.poison.add('poison');
    await put('poison');
    await eventually('an attempt', () => of('poison').length > 0 || undefined);
    for (let n = 0; (await listed())[0]?.state !== 'dead'; n++) {
      expect(n, 'tried in vain').toBeLessThan(20);
      world.pass(11 * 60_000);
      await put(`good ${n}`);
      await eventually(`good ${n}`, () => arrived(`good ${n}`).length > 0 || undefined);
      await pollsPass(world);
    }
    const [dead, ...more] = await listed();
    expect(more).toEqual([]);
    expect(dead).toMatchObject({
      mailboxId,
      destinationId,
      address: lina,
      code: 'destination_refused_message',
      status: 422,
      attempts: 5,
      messageKey: of('poison')[0]?.id,
      folder: { path: 'INBOX' },
      replay: null,
    });
    const told = await eventually('the event of it', () =>
      receiver.arrivals.find(({ type }) => type === 'message.undeliverable'),
    );
    expect(told.data.deliveryId).toBe(dead.id);

    // Refused once more, it stays in the list.
    expect((await world.api('POST', `deliveries/${dead.id}/replay`)).status).toBe(202);
    const tries = of('poison').length;
    await eventually('a replay in vain', () => of('poison').length > tries || undefined);
    await pollsPass(world);
    expect(await listed()).toMatchObject([{ id: dead.id, state: 'dead' }]);

    receiver.poison.clear();
    expect((await world.api('POST', `mailboxes/${mailboxId}/replay`, { body: { dead: true } })).status).toBe(202);
    await eventually('the mail', () => arrived('poison').length > 0 || undefined);
    await pollsPass(world);
    expect(new Set(of('poison').map(({ id }) => id))).toEqual(new Set([dead.messageKey]));
    expect(arrived('poison')).toHaveLength(1);
    expect(arrived('poison')[0]?.data).toMatchObject({ late: true, replay: null });
    expect(await listed()).toEqual([]);
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.replays).toEqual([]);
    expect(receiver.arrivals.filter(({ type }) => type === 'message.undeliverable')).toHaveLength(1);
  }, 240_000);

  it('fills nothing where there is no gap, and is sent again by force under ids of its own', async () => {
    const before = receiver.arrivals.length;
    const since = new Date(Date.now() - 3_600_000).toISOString();
    const all = await world.api('POST', `destinations/${destinationId}/replay`, { body: { since } });
    expect([all.status, all.body]).toEqual([202, { mailboxes: 1 }]);
    const replays = async () => (await world.api('GET', `mailboxes/${mailboxId}`)).body.replays;
    await eventually('the replay', async () => (await replays()).length === 0 || undefined);
    expect(receiver.arrivals.slice(before)).toEqual([]);

    const known = receiver.arrivals.filter(({ type, status }) => type === 'message.received' && status < 300);
    const forced = await world.api('POST', `mailboxes/${mailboxId}/replay`, { body: { since, force: true } });
    await eventually('the replay by force', async () => (await replays()).length === 0 || undefined);
    const again = receiver.arrivals.slice(before);
    expect(again.map(({ id }) => id).toSorted()).toEqual(
      known.map(({ id }) => `${id}_r${forced.body.number}`).toSorted(),
    );
    for (const { data } of again) expect(data.replay).toBe(forced.body.number);
  }, 120_000);
});
