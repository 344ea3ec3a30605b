import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../local/certificates.ts';
import type { TokenFacts } from '../../../local/entra/stand-in.ts';
import { startGraph } from '../../../local/graph/graph.ts';
import type { GraphStandIn } from '../../../local/graph/stand-in.ts';
import { startSmtp } from '../../../local/mail/smtp.ts';
import type { Drop, SmtpServer } from '../../../local/mail/stand-ins.ts';
import { sendingMailbox } from '../../../test/support/rows.ts';
import { graphMailPermissions } from '../domain/graph-permissions.ts';
import type { WayName } from '../domain/submission.ts';
import type { MailboxRow } from '../store/rows/rows.ts';
import { largestGraphBytes, type OutgoingMail, type ReadyWay, type WayResult } from './way.ts';
import { createWays } from './ways.ts';

// The table "Ways out" of docs/sending.md, row by row, over real servers.
const ada = sendingMailbox.address;
const alias = `countess@${ada.split('@')[1]}`;
const [grace, eve, support] = ['grace@fabrikam.example', 'eve@fabrikam.example', 'support@contoso.example'];
const never = new AbortController().signal;

let folder: string;
let graph: GraphStandIn;
let smtp: SmtpServer;
let ca: string;
const delivered: { readonly address: string; readonly raw: string; readonly folder: string }[] = [];

/** A token says which API it is for, and no more: what was granted is the business of other tests. */
const introspect = async (token: string): Promise<TokenFacts> => {
  const facts = { username: ada, oid: 'ada', tid: '', roles: [], expiresAt: new Date(Date.now() + 3_600_000) };
  return token === 'graph'
    ? { ...facts, audience: 'https://graph.microsoft.com', scopes: graphMailPermissions.map((name) => `x/${name}`) }
    : token === 'app'
      ? {
          ...facts,
          username: '',
          tid: 'own',
          audience: 'https://graph.microsoft.com',
          scopes: [],
          roles: [...graphMailPermissions],
        }
      : { ...facts, audience: 'https://outlook.office.com', scopes: ['x/SMTP.Send'] };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ways-'));
  const certificates = await makeCertificates(folder);
  ca = certificates.ca;
  const deliver = async (address: string, raw: Uint8Array | string, drop?: Drop) =>
    delivered.push({ address, raw: raw.toString(), folder: drop?.folder ?? 'INBOX' });
  const addresses = [ada, grace, eve, support];
  const common = { certificates, entra: { introspect }, mailboxes: { deliver }, addresses };
  smtp = await startSmtp(common);
  const users = [{ address: ada, name: 'Ada', oid: 'ada', aliases: [alias] }];
  graph = await startGraph({ ...common, users, tenant: '', sendAs: { [support]: [ada] }, app: { own: [support] } });
});

afterEach(() => {
  delivered.length = 0;
  graph.heal();
});

afterAll(async () => {
  await graph.stop();
  await smtp.stop();
  await rm(folder, { recursive: true });
});

async function open(name: WayName, mailbox: MailboxRow = sendingMailbox): Promise<ReadyWay> {
  const entra = { graphUrl: graph.url, graphResource: graph.url, graphPermissions: graphMailPermissions };
  const ways = createWays(
    { smtp: { host: smtp.host, port: smtp.port, ca }, entra },
    {
      smtp: { token: async () => 'outlook' },
      graph: { fetch, now: () => 0, token: async ({ grant }) => (grant.kind === 'app' ? 'app' : 'graph') },
    },
  );
  const ready = await ways.get(name)?.prepare({ mailbox, login: ada }, never);
  if (ready?.kind !== 'ready') throw new Error(`not ready: ${ready?.code}`);
  return ready;
}

interface Wanted {
  readonly from?: string;
  readonly to?: readonly string[];
  readonly bcc?: readonly string[];
  readonly body?: string;
}

function outgoing({ from = ada, to = [grace], bcc = [], body = 'Hello' }: Wanted): OutgoingMail {
  const text = `From: Ada <${from}>\r\nTo: ${to.join(', ')}\r\nSubject: Offer\r\n${body.startsWith('Content-') ? '' : '\r\n'}${body}\r\n`;
  return {
    submissionId: 'sub_1',
    from,
    recipients: [...to, ...bcc],
    messageId: '<1@contoso.example>',
    size: text.length,
    open: async function* (options) {
      if (options?.keepBcc === true && bcc.length > 0) yield Buffer.from(`Bcc: ${bcc.join(', ')}\r\n`);
      yield Buffer.from(text);
    },
  };
}

/** As a run of a lane does it: staged first, where the way stages. */
async function send(name: WayName, wanted: Wanted, mailbox?: MailboxRow): Promise<WayResult> {
  const ready = await open(name, mailbox);
  const mail = outgoing(wanted);
  const staged = await ready.stage?.(mail, never);
  const result =
    staged === undefined || staged.kind === 'staged' ? await ready.send(mail, never, staged?.place) : staged;
  await ready.close();
  return result;
}

const every = ['smtp', 'graph', 'graph_draft'] as const;
const copies = () => delivered.filter((each) => each.folder === 'Sent Items');

describe('Bcc', () => {
  it.each(every)('reaches its recipient over %s, and no one else sees it', async (name) => {
    expect(await send(name, { bcc: [eve] })).toEqual({ kind: 'accepted', refused: [] });
    const mails = delivered.filter((each) => each.folder === 'INBOX');
    expect(mails.map(({ address }) => address)).toEqual([grace, eve]);
    for (const { raw } of mails) expect(raw).not.toMatch(/^bcc:|eve@/im);
  });

  it('stands in the copy in Sent over Graph alone, since SMTP never tells it to the message', async () => {
    for (const name of every) await send(name, { bcc: [eve] });
    expect(copies().map(({ raw }) => /^Bcc: eve@/m.test(raw))).toEqual([false, true, true]);
  });
});

describe('an alias in From', () => {
  it('is for the server to decide: Exchange may refuse it, or write its own address there', async () => {
    expect(await send('smtp', { from: alias })).toMatchObject({ kind: 'refused', code: 'send_as_denied' });
    for (const name of ['graph', 'graph_draft'] as const) {
      expect(await send(name, { from: alias })).toEqual({ kind: 'accepted', refused: [] });
      const copy = await PostalMime.parse(copies().at(-1)?.raw ?? '');
      expect(copy.from?.address).toBe(ada);
    }
  });
});

describe('a recipient whom the server refuses among others', () => {
  it('fails the whole message over Graph, and leaves no draft behind', async () => {
    const to = [grace, 'not-an-address'];
    for (const name of ['graph', 'graph_draft'] as const) {
      expect(await send(name, { to })).toMatchObject({ kind: 'refused', code: 'recipient_refused', recipients: [] });
    }
    expect(delivered).toEqual([]);
    expect(await graph.drafts(ada)).toEqual([]);
  });
});

describe('the size of a message', () => {
  const fileOf = (bytes: number) =>
    'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n' +
    `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.alloc(bytes, 'pdf').toString('base64')}`;

  it('is bounded by one request over Graph, and not with a draft, whose file is uploaded in pieces', async () => {
    const bytes = 4_000_000;
    expect(await send('graph', { body: fileOf(bytes) })).toMatchObject({ kind: 'refused', code: 'mail_too_large' });
    expect(await send('graph_draft', { body: fileOf(bytes), bcc: [eve] })).toEqual({ kind: 'accepted', refused: [] });
    expect(delivered.map(({ address }) => address)).toEqual([grace, eve, ada]);
    const got = await PostalMime.parse(delivered[0]?.raw ?? '', { attachmentEncoding: 'arraybuffer' });
    const [file] = got.attachments;
    expect([file?.filename, file?.mimeType]).toEqual(['a.pdf', 'application/pdf']);
    const content = file?.content;
    expect(content instanceof ArrayBuffer && Buffer.from(content).equals(Buffer.alloc(bytes, 'pdf'))).toBe(true);
  });

  it('is bounded for a draft by its text, without the files', async () => {
    const body = `\r\n${'Hello '.repeat(largestGraphBytes / 6 + 1)}`;
    expect(await send('graph_draft', { body })).toMatchObject({ kind: 'refused', code: 'mail_too_large' });
    expect(await graph.drafts(ada)).toEqual([]);
  });
});

describe('the copy of a shared mailbox', () => {
  it('lies in its own Sent over Graph', async () => {
    const shared: MailboxRow = { ...sendingMailbox, address: support, login: support, shared: true };
    expect(await send('graph', { from: support }, shared)).toMatchObject({ kind: 'accepted' });
    expect(copies().map(({ address }) => address)).toEqual([support]);
  });
});

describe('a mailbox that the app itself opens', () => {
  const app: MailboxRow = { ...sendingMailbox, address: support, login: support, grant: { kind: 'app', tid: 'own' } };

  it.each(['graph', 'graph_draft'] as const)('is sent from over %s as itself, and has the copy', async (name) => {
    expect(await send(name, { from: support, bcc: [eve] }, app)).toEqual({ kind: 'accepted', refused: [] });
    expect(delivered.filter((each) => each.folder === 'INBOX').map(({ address }) => address)).toEqual([grace, eve]);
    expect(copies().map(({ address }) => address)).toEqual([support]);
    expect(graph.sent().at(-1)).toMatchObject({ mailbox: support });
  });

  it.each(['graph', 'graph_draft'] as const)(
    'sends nothing over %s where the organisation has not given it the mailbox',
    async (name) => {
      const other: MailboxRow = { ...app, address: grace, login: grace };
      expect(await send(name, { from: grace }, other)).toMatchObject({ kind: 'closed', code: 'send_consent_required' });
      expect(delivered).toEqual([]);
    },
  );
});

describe('a draft', () => {
  it.each([
    ['draft', 'deferred', 'graph_unreachable'],
    ['attach', 'deferred', 'graph_unreachable'],
  ] as const)('a draft that fails at %s is no message that may have been sent', async (verb, kind, code) => {
    graph.fail({ verb, status: 500 });
    const body = 'Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\na;b';
    expect(await send('graph_draft', { body })).toMatchObject({ kind, code });
    expect(delivered).toEqual([]);
    expect(await graph.drafts(ada)).toEqual([]);
  });

  it.each([
    [
      { status: 429, code: 'ApplicationThrottled', retryAfterSeconds: 5 },
      { kind: 'deferred', retryAfterMs: 5000 },
    ],
    [
      { status: 403, code: 'ErrorSendAsDenied' },
      { kind: 'refused', code: 'send_as_denied' },
    ],
    [{ status: 404, code: 'ErrorItemNotFound' }, { kind: 'unknown' }],
    [{ status: 504 }, { kind: 'unknown' }],
    [{ answer: 'truth, then close' }, { kind: 'unknown' }],
    [{ answer: 'close' }, { kind: 'unknown' }],
  ] as const)('a draft whose sending is answered with %o is %o', async (failure, result) => {
    graph.fail({ verb: 'send', ...failure });
    expect(await send('graph_draft', {})).toMatchObject(result);
  });

  it('is taken back once, for good, and says that it cannot be told where Graph does not answer', async () => {
    const ready = await open('graph_draft');
    const staged = await ready.stage?.(outgoing({}), never);
    const place = staged?.kind === 'staged' ? staged.place : '';
    graph.fail({ verb: 'delete', status: 503 });
    await expect(ready.withdraw?.(place, never)).rejects.toMatchObject({ code: 'graph_unreachable' });
    expect(await ready.withdraw?.(place, never)).toBe(true);
    expect(await ready.withdraw?.(place, never)).toBe(false);
    expect(await ready.send(outgoing({}), never, place)).toMatchObject({ kind: 'unknown' });
    expect(delivered).toEqual([]);
  });

  it('asks for a new token after one was refused', async () => {
    const forced: boolean[] = [];
    const entra = { graphUrl: graph.url, graphResource: graph.url, graphPermissions: graphMailPermissions };
    const ways = createWays(
      { smtp: { host: smtp.host, port: smtp.port }, entra },
      {
        smtp: { token: async () => '' },
        graph: {
          fetch,
          now: () => 0,
          token: async (_mailbox, _permissions, { force }) => {
            forced.push(force);
            return force ? 'graph' : 'outlook';
          },
        },
      },
    );
    const results: string[] = [];
    for (const _ of [1, 2]) {
      const ready = await ways.get('graph')?.prepare({ mailbox: sendingMailbox, login: ada }, never);
      if (ready?.kind === 'ready') results.push((await ready.send(outgoing({}), never)).kind);
    }
    expect([results, forced]).toEqual([
      ['deferred', 'accepted'],
      [false, true],
    ]);
  });
});
