import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../local/certificates.ts';
import { startGraph } from '../../../local/graph/graph.ts';
import type { GraphStandIn } from '../../../local/graph/stand-in.ts';
import type { Drop } from '../../../local/mail/stand-ins.ts';
import { expectTruth, killed, sendWith } from '../../../test/support/sending-crash.ts';
import {
  composed,
  type Death,
  mailbox,
  type SendingWorld,
  sendingWorld,
  startProcess,
  type WaysOf,
} from '../../../test/support/sending-world.ts';
import { minuteMs } from '../domain/duration.ts';
import { graphMailPermissions } from '../domain/graph-permissions.ts';
import { createWays } from '../send/ways.ts';

const smtp = { host: 'localhost', port: 9 };
const address = mailbox.address;

let folder: string;
let graph: GraphStandIn;
/** The world of the test at hand, into whose Sent the stand-in puts its copies. */
let world: SendingWorld;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crash-graph-'));
  const deliver = async (_address: string, raw: Uint8Array | string, drop?: Drop) => {
    if (drop?.folder !== 'Sent Items') return 0;
    const text = raw.toString();
    const id = /^X-NocoBase-Submission: (\S+)/im.exec(text)?.[1] ?? '';
    world.server.taken.push({ id, text });
    return world.server.copies.push({ id, at: world.clock.now() + world.server.copyAfterMs });
  };
  const scopes = ['User.Read', ...graphMailPermissions].map((name) => `https://graph.microsoft.com/${name}`);
  const facts = { username: address, oid: '', tid: '', audience: 'https://graph.microsoft.com', roles: [] };
  graph = await startGraph({
    certificates: await makeCertificates(folder),
    entra: { introspect: async () => ({ ...facts, scopes, expiresAt: new Date(Date.now() + 3_600_000) }) },
    users: [{ address, name: 'Ada', oid: '' }],
    tenant: '',
    mailboxes: { deliver },
    addresses: [address],
  });
});

afterAll(async () => {
  await graph.stop();
  await rm(folder, { recursive: true });
});

/** The ways of a deployment with every permission; each request to Graph is one that its process may die at. */
const ways: WaysOf = (step) => {
  const entra = { graphUrl: graph.url, graphResource: graph.url, graphPermissions: graphMailPermissions };
  const token = async () => 'token';
  const request: typeof fetch = (input, init) => step(() => fetch(input, init));
  const all = createWays({ smtp, entra }, { smtp: { token }, graph: { fetch: request, now: () => 0, token } });
  return new Map([...all].filter(([name]) => name !== 'smtp'));
};

/** Larger than what goes by one request: text and two files. */
const largeMail = () => ({
  compose: async () => ({
    ...composed(),
    mime: (async function* () {
      const file = (name: string, bytes: number) =>
        `--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=${name}\r\n` +
        `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.alloc(bytes, 'pdf').toString('base64')}\r\n`;
      yield Buffer.from(
        `From: ${address}\r\nTo: grace@fabrikam.example\r\nSubject: Offer\r\nMIME-Version: 1.0\r\n` +
          'Message-ID: <ours@contoso.example>\r\n' +
          'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n',
      );
      yield Buffer.from(file('small.pdf', 1000));
      yield Buffer.from(file('large.pdf', 1_500_000));
      yield Buffer.from('--b--\r\n');
    })(),
  }),
});
const smallMail = () => ({
  compose: async () => ({
    ...composed(),
    mime: (async function* () {
      yield Buffer.from(`From: ${address}\r\nTo: grace@fabrikam.example\r\nSubject: Offer\r\n\r\nHello\r\n`);
    })(),
  }),
});

async function walk(death: Death | undefined, wish: typeof smallMail, copyAfterMs = 1_000) {
  world = await sendingWorld();
  world.server.copyAfterMs = copyAfterMs;
  return sendWith(world, death, { ways, wish });
}

/** Deaths at the steps from the first request to the result; what is before and after is the same by every way. */
const deathsFrom = (first: number, last: number): Death[] =>
  Array.from({ length: last - first + 1 }, (_, index) =>
    [false, true].map((done) => ({ atStep: first + index, done })),
  ).flat();

describe('a message that goes over Graph in one request', () => {
  // Blob, rows, wake-up, lease, mark, the request, result, event, blob, end, lease.
  const steps = 11;
  const isLost = ({ atStep, done }: Death) => (atStep === 5 && done) || (atStep === 6 && !done);

  it('is sent once without a crash', async () => {
    const { submission, steps: taken } = await walk(undefined, smallMail);
    expect(submission).toMatchObject({ state: 'sent', way: 'graph', attempts: 1 });
    expect(taken).toBe(steps);
    expect(graph.sent().at(-1)).toMatchObject({ to: ['grace@fabrikam.example', 'secret@fabrikam.example'] });
  });

  it.each(deathsFrom(5, 7))('is never sent twice if the process dies at step $atStep (done: $done)', async (death) => {
    const { submission } = await walk(death, smallMail);
    await expectTruth(world, submission);
    expect(submission.state).toBe(isLost(death) ? 'unknown' : 'sent');
  });

  it('is unknown for good after an answer that was lost, if no copy ever shows', async () => {
    world = await sendingWorld();
    world.server.copyAfterMs = Number.POSITIVE_INFINITY;
    graph.fail({ verb: 'sendMail', answer: 'truth, then close' });
    const { submission } = await sendWith(world, undefined, { ways, wish: smallMail });
    expect(submission.state).toBe('unknown');
    await expectTruth(world, submission);
  });

  it('is put off, and not sent, after a refusal that names its time', async () => {
    world = await sendingWorld();
    graph.fail({ verb: 'sendMail', status: 429, code: 'ApplicationThrottled', retryAfterSeconds: 90 });
    const process = startProcess(world, undefined, ways);
    const { id } = await process.accept(smallMail());
    await process.run();
    expect(world.server.taken).toEqual([]);
    await world.clock.advance(2 * minuteMs);
    await process.run();
    expect((await process.deps.rows.read(id))?.submission).toMatchObject({ state: 'sent', attempts: 2, way: 'graph' });
  });
});

describe('a message that is too large for one request to Graph', () => {
  // Blob, rows, wake-up, lease; that there may be a draft; draft, two files, mark, send; result, event, blob, leftovers, end,
  // lease.
  const [steps, markStep, sendStep] = [16, 9, 10];

  it('is uploaded as a draft, and sent from there', async () => {
    const { submission, steps: taken } = await walk(undefined, largeMail);
    expect(submission).toMatchObject({ state: 'sent', way: 'graph_draft', attempts: 1 });
    expect(taken).toBe(steps);
    expect(world.server.taken[0]?.text).toContain('large.pdf');
    expect(await graph.drafts(address)).toEqual([]);
  });

  it.each(deathsFrom(5, steps))(
    'is sent once, and leaves no draft, if the process dies at step $atStep (done: $done)',
    async (death) => {
      const { submission } = await walk(death, largeMail);
      await expectTruth(world, submission);
      // What is still a draft after the mark was not sent: taken back, it is sent anew.
      expect(submission.state).toBe('sent');
      expect(await graph.drafts(address)).toEqual([]);
    },
  );

  it.each([
    { atStep: markStep, done: true },
    { atStep: sendStep, done: false },
    { atStep: sendStep, done: true },
  ])('is never doubled, dying at step $atStep (done: $done), though no copy ever shows', async (death) => {
    const { submission } = await walk(death, largeMail, Number.POSITIVE_INFINITY);
    await expectTruth(world, submission);
    expect(submission.state).toBe(death.atStep === sendStep && death.done ? 'unknown' : 'sent');
  });

  it.each([
    ['expired', { expiresInMs: minuteMs }],
    ['cancelled', {}],
  ] as const)('leaves no draft of a died attempt when it is %s', async (state, wish) => {
    world = await sendingWorld();
    // The first file is there, and the process dies.
    const dying = startProcess(world, { atStep: 7, done: true }, ways);
    const { id } = await dying.accept({ ...largeMail(), ...wish });
    await dying.run().catch(killed);
    expect(await graph.drafts(address)).toEqual(['Offer']);
    await world.clock.advance(2 * minuteMs);
    const process = startProcess(world, undefined, ways);
    // Graph cannot be asked at first.
    graph.fail({ verb: 'find', status: 503 });
    if (state === 'cancelled') await process.decisions.cancel(id);
    else await process.run();
    expect(await graph.drafts(address)).toEqual(['Offer']);
    await world.clock.advance(15 * minuteMs);
    await process.run();
    expect(await graph.drafts(address)).toEqual([]);
    expect(world.server.taken).toEqual([]);
    expect((await process.deps.rows.read(id))?.submission.state).toBe(state === 'cancelled' ? 'cancelled' : 'failed');
    expect(await world.rows('submissions', 'w!')).toEqual([]);
    expect(await world.rows('mail', 'o!')).toHaveLength(state === 'cancelled' ? 0 : 1);
  });

  it('stops looking for leftovers after a day', async () => {
    world = await sendingWorld();
    graph.fail({ verb: 'find', times: Number.POSITIVE_INFINITY });
    const process = startProcess(world, undefined, ways);
    await process.accept(largeMail());
    await process.run();
    expect(await world.rows('submissions', 'w!')).toHaveLength(1);
    await world.clock.advance(25 * 60 * minuteMs);
    await process.run();
    expect(await world.rows('submissions', 'w!')).toEqual([]);
    expect(await world.rows('mail', 'o!')).toHaveLength(1);
    graph.heal();
  });

  it('is not doubled by a request that comes to the server late', async () => {
    world = await sendingWorld();
    graph.fail({ verb: 'send', answer: 'close' });
    const process = startProcess(world, undefined, ways);
    const { id } = await process.accept(largeMail());
    await process.run();
    const first = (await process.deps.rows.read(id))?.submission.mark?.staged ?? '';
    expect(first).not.toBe('');
    await world.clock.advance(5 * minuteMs);
    await startProcess(world, undefined, ways).run();
    await world.clock.advance(5 * minuteMs);
    await startProcess(world, undefined, ways).run();
    expect((await process.deps.rows.read(id))?.submission).toMatchObject({ state: 'sent', attempts: 2 });
    const late = await fetch(`${graph.url}/v1.0/me/messages/${first}/send`, {
      method: 'POST',
      headers: { authorization: 'Bearer token' },
    });
    expect(late.status).toBe(404);
    expect(world.server.taken).toHaveLength(1);
  });
});
