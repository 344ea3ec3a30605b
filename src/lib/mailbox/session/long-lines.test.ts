import { afterEach, expect, it } from 'vitest';
import { type ScriptedImap, startScriptedImap } from '../../../../test/support/scripted-imap.ts';
import { systemClock } from '../../domain/system.ts';
import { createImapConnector } from '../imap/imap-connector.ts';
import { longestStructure } from './long-lines.ts';
import type { ImapSession } from './session.ts';

let server: ScriptedImap;
let session: ImapSession;

afterEach(async () => {
  await session.close();
  await server.close();
});

const part = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 1 NIL NIL NIL NIL)';
const structure = (parts: number): string => `(${part.repeat(parts)} "mixed" ("boundary" "b") NIL NIL NIL)`;
const source = (parts: number): string =>
  `Message-ID: <a@x>\r\nFrom: Ada <ada@contoso.example>\r\nSubject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(parts)}--b--\r\n`;

async function open(parts: number) {
  server = await startScriptedImap({
    folders: {
      INBOX: {
        uidValidity: 14,
        uidNext: 9,
        messages: [
          { uid: 7, source: source(parts), structure: structure(parts) },
          { uid: 8, source: 'Message-ID: <b@x>\r\n\r\nneighbour', structure: part },
        ],
      },
    },
  });
  const where = { host: '127.0.0.1', port: server.port, secure: false };
  session = await createImapConnector(where, { clock: systemClock }).open({
    login: 'ada@contoso.example',
    accessToken: 't',
  });
  return session.fetchMeta('INBOX', [7, 8]);
}

it('reads a message whose structure is longer than any that mail has without it, and its neighbour as ever', async () => {
  const parts = Math.ceil(longestStructure / part.length) + 1;
  const [large, small] = await open(parts);
  if (large === undefined || small === undefined) throw new Error('no answer');
  const caps = { capBytes: 1_000_000 };
  expect(await session.read('INBOX', large, caps)).toMatchObject({
    subject: 'parts',
    from: { name: 'Ada', address: 'ada@contoso.example' },
    attachments: [],
    truncated: expect.arrayContaining(['structure']),
  });
  expect((await session.read('INBOX', small, caps))?.text).toBe('neighbour');
  const traits = await session.fetchTraits('INBOX', [large, small], { headers: true, structure: true });
  expect(traits.get(7)).toMatchObject({ subject: 'parts', hasAttachment: undefined });
  expect(traits.get(8)).toMatchObject({ hasAttachment: false });
  expect(server.connections).toBe(1);
});

it('reads a message of 250 parts, the most that Exchange takes, with all of them', async () => {
  const [message] = await open(250);
  if (message === undefined) throw new Error('no answer');
  const read = await session.read('INBOX', message, { capBytes: 1_000_000 });
  expect(read?.text).toContain('x');
  expect(read?.from?.name).toBe('Ada');
});
