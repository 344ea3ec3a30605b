import { afterEach, expect, it } from 'vitest';
import { type ReadingWorld, readingWorld } from '../../../../test/support/reading-world.ts';
import { type Script, type ScriptedImap, startScriptedImap } from '../../../../test/support/scripted-imap.ts';
import { systemClock } from '../../domain/system.ts';
import { createOriginalMarker } from './mark-original.ts';

const opened: (ScriptedImap | ReadingWorld)[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const original = {
  uid: 7,
  source: 'Message-ID: <7@x>\r\nFrom: grace@fabrikam.example\r\nSubject: Offer\r\n\r\nbody\r\n',
  structure: '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 9 1)',
};

/** A server whose folder keeps these flags, as SELECT tells it; undefined: it does not say. */
async function marking(permanentFlags: string | undefined, on?: Script['on']) {
  const stored: string[] = [];
  const server = await startScriptedImap({
    folders: { INBOX: { uidValidity: 14, uidNext: 8, messages: [original] } },
    on(command, connection) {
      const { tag, name, args } = command;
      const { send } = connection;
      if (on?.(command, connection) === true) return true;
      if (name === 'SELECT') {
        const kept =
          permanentFlags === undefined ? '' : `* OK [PERMANENTFLAGS (${permanentFlags})] Permanent flags\r\n`;
        send(`* 1 EXISTS\r\n${kept}* OK [UIDVALIDITY 14] x\r\n* OK [UIDNEXT 8] x\r\n${tag} OK [READ-WRITE] done\r\n`);
        return true;
      }
      if (name !== 'UID STORE') return false;
      stored.push(args);
      send(`${tag} OK STORE completed.\r\n`);
      return true;
    },
  });
  opened.push(server);
  const at = { host: '127.0.0.1', port: server.port, secure: false, tokenFor: () => 'token' };
  const world = readingWorld(at, 'ada@contoso.example');
  opened.push(world);
  const marker = createOriginalMarker({
    interactive: world.sessions.interactive,
    store: world.store,
    mailbox: async (id) => (id === world.row.id ? world.row : undefined),
    clock: systemClock,
    log: { info() {}, warn() {}, error() {} },
  });
  const list = { folder: { role: 'inbox' }, query: {}, limit: 1, cursor: undefined } as const;
  const [listed] = (await world.reading.messages(world.reader, list)).items;
  const messageRef = listed?.messageRef ?? '';
  return { stored, messageRef, mark: marker, mailboxId: world.row.id };
}

const exchange = '\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent';

it.each([
  ['reply', exchange, '7 +FLAGS.SILENT (\\Answered)'],
  ['replyAll', exchange, '7 +FLAGS.SILENT (\\Answered)'],
  ['forward', `${exchange} \\*`, '7 +FLAGS.SILENT ($Forwarded)'],
  ['forward', `${exchange} $Forwarded`, '7 +FLAGS.SILENT ($Forwarded)'],
  ['reply', undefined, '7 +FLAGS.SILENT (\\Answered)'],
] as const)('marks the original of a %s in a folder that keeps %s', async (kind, permanentFlags, store) => {
  const { stored, mark, messageRef, mailboxId } = await marking(permanentFlags);
  expect(await mark(mailboxId, { kind, messageRef })).toBeUndefined();
  expect(stored).toEqual([store]);
});

it.each([
  ['forward', exchange],
  ['reply', '\\Seen \\Deleted'],
  ['reply', ''],
] as const)('says so, and stores nothing, for a %s in a folder that keeps only %s', async (kind, permanentFlags) => {
  const { stored, mark, messageRef, mailboxId } = await marking(permanentFlags);
  expect(await mark(mailboxId, { kind, messageRef })).toBe('mark_unsupported');
  expect(stored).toEqual([]);
});

it('never rejects: whatever is wrong is answered as a code', async () => {
  const refusing = await marking(exchange, ({ tag, name }, { send }) => {
    if (name !== 'UID STORE') return false;
    send(`${tag} NO Mailbox is full.\r\n`);
    return true;
  });
  const { mark, mailboxId, messageRef } = refusing;
  expect(await mark(mailboxId, { kind: 'reply', messageRef })).toBe('change_refused');
  expect(await mark('mbx_0001_gone', { kind: 'reply', messageRef })).toBe('mailbox_removed');
  expect(await mark(mailboxId, { kind: 'reply', messageRef: 'no reference of ours' })).toBe('not_found_here');
});
