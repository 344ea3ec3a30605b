import { expect, it } from 'vitest';
import { type Letterhead, type ServerMail, serverMail } from './server-mail.ts';

const letter = (from: string, subject: string, ...headers: readonly (readonly [string, string])[]): Letterhead => {
  const [, name = '', address = ''] = /^(.*?)\s*<?([^<>\s]*)>?$/.exec(from) ?? [];
  return {
    from: { name, address },
    subject,
    headers: [['from', from] as const, ...headers].map(([key, value]) => ({ key, originalKey: key, value })),
  };
};

it.each<[ServerMail, string, Letterhead]>([
  [
    'certain',
    'a report',
    letter('x@y.example', 's', ['content-type', 'multipart/report; report-type=delivery-status']),
  ],
  ['certain', 'a report of no type', letter('x@y.example', 's', ['content-type', 'Multipart/Report; boundary=b'])],
  ['certain', 'a header of Exim', letter('x@y.example', 's', ['x-failed-recipients', 'gone@x.example'])],
  ['certain', 'a header of Exchange', letter('x@y.example', 's', ['x-ms-exchange-message-is-ndr', ''])],
  ['certain', 'a mailer daemon', letter('MAILER-DAEMON@y.example', 'Hello')],
  ['certain', 'the name of a program', letter('Mail Delivery System <x@y.example>', 'Hello')],
  ['named', 'a postmaster of nobody', letter('postmaster@y.example', 'Hello', ['return-path', '<>'])],
  ['named', 'a postmaster with a report', letter('postmaster@y.example', 'Undeliverable: Hello')],
  ['named', 'no sender at all', letter('<>', 'Hello', ['auto-submitted', 'auto-replied'])],
  ['signs', 'a report of nobody', letter('x@y.example', 'Delivery failure', ['return-path', '<>'])],
  ['signs', 'a report by itself', letter('x@y.example', 'Mail delivery failed', ['auto-submitted', 'auto-generated'])],
  ['likely', 'a postmaster', letter('postmaster@y.example', 'Hello')],
  ['likely', 'words like a report', letter('x@y.example', 'Undelivered mail')],
  ['likely', 'mail of nobody', letter('bob@y.example', 'Hello', ['return-path', '<>'])],
  ['no', 'a person', letter('Bob <bob@y.example>', 'Hello')],
  ['no', 'a person who answers a report', letter('Bob <bob@y.example>', 'Re: Undelivered mail')],
  ['no', 'a person who passes one on', letter('Bob <bob@y.example>', 'WG: Unzustellbar: Hallo')],
  ['no', 'a person with a mail program', letter('Bob <bob@y.example>', 'Undelivered mail', ['user-agent', 'x'])],
  ['no', 'a postmaster who answers', letter('postmaster@y.example', 'AW: Hello', ['in-reply-to', '<a@b>'])],
  ['no', 'a person who says so', letter('bob@y.example', 'Hello', ['auto-submitted', 'no'])],
  [
    'no',
    'a report of abuse',
    letter('x@y.example', 'FW', ['content-type', 'multipart/report; report-type=feedback-report']),
  ],
])('is %s of %s', (sureness, _, mail) => {
  expect(serverMail(mail)).toBe(sureness);
});
