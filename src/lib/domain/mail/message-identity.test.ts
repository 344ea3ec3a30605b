import { describe, expect, it } from 'vitest';
import type { MessageIdentity } from './message.ts';
import { fingerprint, hasHash, hashKey, isSameMail, messageHash, noHash } from './message-identity.ts';

const mail: MessageIdentity = {
  messageId: '<1@contoso.example>',
  date: 'Thu, 26 Nov 2026 09:00:00 +0100',
  from: 'Ada <ada@contoso.example>',
  subject: 'Hello',
  received: 'from a.example by mx.contoso.example with ESMTP id 1; Thu, 26 Nov 2026 08:00:01 +0000',
  internalDate: new Date('2026-11-26T08:00:01.400Z'),
};
const none = { messageId: undefined, date: undefined, from: undefined, subject: undefined, received: undefined };
const later = new Date('2026-11-26T08:00:02Z');
const isSame = (change: Partial<MessageIdentity>, of: MessageIdentity = mail) =>
  isSameMail(messageHash(of), messageHash({ ...of, ...change }));

describe('a mail is the same', () => {
  const imported = { ...mail, received: undefined };

  it.each<[string, Partial<MessageIdentity>, MessageIdentity?]>([
    ['with another date of arrival, if a server has left its line', { internalDate: later }],
    ['within one second, if none has', { internalDate: new Date('2026-11-26T08:00:01.900Z') }, imported],
    ['with another folding', { received: mail.received?.replace(' by', '\r\n by') }],
    ['folded by a tab', { subject: '\r\n\tHello' }, { ...mail, subject: '\tHello' }],
    ['with lone line feeds in place of CRLF', { subject: 'Hello\n there' }, { ...mail, subject: 'Hello\r\n there' }],
    ['with blanks around a header', { messageId: ' <1@contoso.example>\t\r\n ' }],
    ['with nothing but the line of its server', {}, { ...mail, ...none, received: mail.received }],
  ])('%s', (_, change, of) => {
    expect(isSame(change, of)).toBe(true);
  });

  it.each<[string, Partial<MessageIdentity>, MessageIdentity?]>([
    ['another Message-ID', { messageId: '<2@contoso.example>' }],
    ['a Message-ID with a comment', { messageId: '<1@contoso.example> (added by mx)' }],
    ['another Date of the same instant', { date: 'Thu, 26 Nov 2026 08:00:00 +0000' }],
    ['another From', { from: 'ada@contoso.example' }],
    ['another Subject', { subject: 'Hello!' }],
    ['an 8-bit byte more in its Subject', { subject: 'Hello\xa0' }],
    ['another topmost Received', { received: mail.received?.replace('id 1', 'id 2') }],
    ['an 8-bit byte more in that', { received: `${mail.received}\xe4` }],
    ['no Received', { received: undefined }],
    ['another second of arrival, where no server has left its line', { internalDate: later }, imported],
    ['the same, where the line says nothing', { internalDate: later }, { ...mail, received: ' \r\n ' }],
    ['a header moved into the next one', { date: '', from: mail.date }, { ...mail, from: '' }],
  ])('a mail with %s is a different one', (_, change, of) => {
    expect(isSame(change, of)).toBe(false);
  });

  it.each([
    ['nothing of its headers is known', none],
    ['all of them are blank', { messageId: ' ', date: '\r\n ', from: '', subject: '\t', received: '' }],
  ])('a mail is the same as no other, not even itself, if %s', (_, headers) => {
    const hash = messageHash({ ...mail, ...headers });
    expect(hash).toEqual(noHash);
    expect([hasHash(hash), isSameMail(hash, hash), hashKey(hash)]).toEqual([false, false, undefined]);
  });

  it('the key says the same as the comparison', () => {
    const [one, other] = [messageHash(mail), messageHash({ ...mail, subject: 'x' })];
    expect(hashKey(one)).toBe(hashKey(messageHash(mail)));
    expect(hashKey(one)).not.toBe(hashKey(other));
    expect([isSameMail(one, noHash), isSameMail(noHash, one)]).toEqual([false, false]);
  });

  // What goes back over its text takes minutes for this.
  it('hostile headers are compared in linear time', () => {
    const long = `${' '.repeat(200_000)}x${'\r\n '.repeat(100_000)}y${' '.repeat(200_000)}`;
    const change = { messageId: long, date: long, from: long, subject: long, received: long };
    expect(isSame({}, { ...mail, ...change })).toBe(true);
    expect(fingerprint({ ...mail, ...change })).not.toBe(fingerprint(mail));
  });
});

describe('the fingerprint', () => {
  const of = (change: Partial<MessageIdentity>) => fingerprint({ ...mail, ...change });

  it.each<[string, Partial<MessageIdentity>]>([
    ['in Sent, where no server has left its line', { received: undefined, internalDate: later }],
    ['in another mailbox, a second later', { received: 'by mx.fabrikam.example id 9', internalDate: later }],
    ['through a list that writes into its Subject', { subject: '[list] Hello' }],
    ['from a server that writes Date in another zone', { date: 'Thu, 26 Nov 2026 08:00:00 +0000 (UTC)' }],
    ['from one that writes the name of the sender otherwise', { from: '"Lovelace, Ada" <ADA@Contoso.Example>' }],
    ['from one whose name has an unquoted comma', { from: 'Lovelace, Ada <ada@contoso.example>' }],
  ])('is equal for the copy %s', (_, change) => {
    expect(of(change)).toBe(of({}));
  });

  it.each<[string, Partial<MessageIdentity>]>([
    ['Message-ID', { messageId: '<2@contoso.example>' }],
    ['Date', { date: 'Thu, 26 Nov 2026 09:00:01 +0100' }],
    ['sender', { from: 'Ada <ada@fabrikam.example>' }],
  ])('differs with another %s', (_, change) => {
    expect(of(change)).not.toBe(of({}));
  });

  it('the fingerprint of mail without Message-ID and Date depends only on the second of its arrival', () => {
    const bare = { messageId: undefined, date: ' ' };
    expect(of({ ...bare, received: 'other' })).toBe(of(bare));
    expect(of({ ...bare, internalDate: later })).not.toBe(of(bare));
    expect(of({ date: undefined, internalDate: later })).toBe(of({ date: undefined }));
    expect(of({ messageId: undefined, internalDate: later })).toBe(of({ messageId: undefined }));
  });

  it('uses an unreadable Date as it stands', () => {
    expect(of({ date: 'yesterday' })).toBe(of({ date: ' yesterday\r\n' }));
    expect(of({ date: 'yesterday' })).not.toBe(of({ date: 'today' }));
  });

  it('reads an address beyond ASCII as UTF-8, or else byte by byte', () => {
    const raw = (text: string, encoding: BufferEncoding) => Buffer.from(text, encoding).toString('latin1');
    expect(of({ from: raw('ÄDA@contoso.example', 'utf8') })).toBe(of({ from: raw('äda@contoso.example', 'utf8') }));
    expect(of({ from: raw('ÄDA@contoso.example', 'latin1') })).toBe(of({ from: raw('äda@contoso.example', 'utf8') }));
  });
});
