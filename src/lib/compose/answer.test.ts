import { describe, expect, it } from 'vitest';
import type { Address } from '../domain/mail/message.ts';
import { replyAll, replyTo } from './answer.ts';
import { readAddresses } from './recipients.ts';
import type { SendingMailbox } from './sending-mailbox.ts';
import { forwardSubject, replySubject } from './subject.ts';
import { forwardThread, replyThread } from './thread.ts';

const list = (text: string): readonly Address[] => readAddresses(text) ?? [];
const [ada, alias] = [
  { name: 'Ada Lovelace', address: 'ada@contoso.example' },
  { name: 'Ada Lovelace', address: 'sales@contoso.example' },
];
const mailbox: SendingMailbox = { addresses: [ada, alias], locale: 'en', timeZone: 'UTC' };

interface Case {
  readonly from: string;
  readonly replyTo?: string;
  readonly to?: string;
  readonly cc?: string;
}

const original = ({ from, replyTo = '', to = 'ada@contoso.example', cc = '' }: Case) => ({
  from: list(from)[0],
  replyTo: list(replyTo),
  to: list(to),
  cc: list(cc),
});

const shown = (addresses: readonly Address[]) => addresses.map(({ address }) => address).join(' ');

describe('an answer', () => {
  it.each<[string, Case, { from?: string; to: string; allTo?: string; allCc?: string }]>([
    ['goes to the one who wrote', { from: 'grace@x.example' }, { to: 'grace@x.example' }],
    [
      'goes to Reply-To, and not to From',
      { from: 'noreply@x.example', replyTo: 'grace@x.example, team@x.example' },
      { to: 'grace@x.example team@x.example' },
    ],
    [
      'of a form on our own site goes to the visitor in Reply-To',
      { from: 'ada@contoso.example', replyTo: 'visitor@y.example' },
      { to: 'visitor@y.example', from: 'ada@contoso.example' },
    ],
    [
      'ignores a Reply-To that names only ourselves',
      { from: 'grace@x.example', replyTo: 'Sales@contoso.example' },
      { to: 'grace@x.example' },
    ],
    [
      'to everybody names each person once, and never ourselves under whichever address',
      {
        from: 'grace@x.example',
        to: 'ADA@contoso.example, bob@x.example, Grace <GRACE@x.example>',
        cc: 'sales+eu@contoso.example, bob@x.example, carol@x.example',
      },
      { to: 'grace@x.example', allTo: 'grace@x.example bob@x.example', allCc: 'carol@x.example' },
    ],
    [
      'to everybody does not bring From back where Reply-To speaks',
      { from: 'grace@x.example', replyTo: 'list@x.example', to: 'list@x.example', cc: 'ada@contoso.example' },
      { to: 'list@x.example' },
    ],
    [
      'of our own mail goes on with those to whom it went',
      { from: 'ada@contoso.example', to: 'grace@x.example, bob@x.example', cc: 'carol@x.example' },
      { to: 'grace@x.example bob@x.example', allCc: 'carol@x.example' },
    ],
    [
      'to everybody of our own mail that had only Cc goes to those',
      { from: 'ada@contoso.example', to: '', cc: 'carol@x.example' },
      { to: '', allTo: 'carol@x.example' },
    ],
    [
      'is written as the alias that received the mail',
      { from: 'grace@x.example', to: 'sales@contoso.example' },
      { to: 'grace@x.example', from: 'sales@contoso.example' },
    ],
    [
      'is written as the alias in Cc where To names somebody else',
      { from: 'grace@x.example', to: 'bob@x.example', cc: 'sales@contoso.example' },
      { to: 'grace@x.example', from: 'sales@contoso.example', allTo: 'grace@x.example bob@x.example' },
    ],
    [
      'of a mail to a plus address is written as the address that may send',
      { from: 'grace@x.example', to: 'sales+offers@contoso.example' },
      { to: 'grace@x.example', from: 'sales@contoso.example' },
    ],
    [
      'of a mail that came by Bcc or a list is written as the mailbox',
      { from: 'grace@x.example', to: 'undisclosed-recipients:;' },
      { to: 'grace@x.example', from: 'ada@contoso.example' },
    ],
    ['of a note to ourselves has nobody to go to', { from: 'ada@contoso.example' }, { to: '' }],
    ['of a mail that names no sender has nobody to go to', { from: '' }, { to: '' }],
  ])('%s', (_title, headers, { from = 'ada@contoso.example', to, allTo = to, allCc = '' }) => {
    const one = replyTo(original(headers), mailbox);
    expect({ from: one.from.address, to: shown(one.to), cc: shown(one.cc) }).toEqual({ from, to, cc: '' });
    const all = replyAll(original(headers), mailbox);
    expect({ from: all.from.address, to: shown(all.to), cc: shown(all.cc) }).toEqual({ from, to: allTo, cc: allCc });
  });

  it('names no recipient whom the original does not name', () => {
    const headers = original({
      from: 'grace@x.example',
      to: 'bob@x.example',
      cc: 'carol@x.example',
      replyTo: 'd@x.example',
    });
    const known = ['grace@x.example', 'bob@x.example', 'carol@x.example', 'd@x.example'];
    const { to, cc } = replyAll(headers, mailbox);
    for (const { address } of [...to, ...cc]) expect(known).toContain(address);
  });

  it('takes no address and no name over that may not stand in a header', () => {
    const from = { name: 'Grace\r\nBcc: eve@y.example', address: 'grace@x.example' };
    const bad = [
      { name: '', address: 'bob@x.example\r\nBcc: eve@y.example' },
      { name: 'list', address: '' },
    ];
    const { to, cc } = replyAll({ from, to: bad, cc: bad, replyTo: [] }, mailbox);
    expect({ to, cc }).toEqual({ to: [{ name: 'Grace Bcc: eve@y.example', address: 'grace@x.example' }], cc: [] });
  });
});

describe('the subject', () => {
  it.each([
    ['Offer', 'Re: Offer', 'Fwd: Offer'],
    ['Re: Offer', 'Re: Offer', 'Fwd: Re: Offer'],
    ['RE: AW: Antw: Offer', 'Re: Offer', 'Fwd: RE: AW: Antw: Offer'],
    ['SV: VS: Offer', 'Re: Offer', 'Fwd: SV: VS: Offer'],
    ['Re[2]: Offer', 'Re: Offer', 'Fwd: Re[2]: Offer'],
    ['RE(3) : Offer', 'Re: Offer', 'Fwd: RE(3) : Offer'],
    ['回复：Re: 报价', 'Re: 报价', 'Fwd: 回复：Re: 报价'],
    ['答覆: 報價', 'Re: 報價', 'Fwd: 答覆: 報價'],
    ['Fwd: WG: Offer', 'Re: Fwd: WG: Offer', 'Fwd: Offer'],
    ['转发: FW: 报价', 'Re: 转发: FW: 报价', 'Fwd: 报价'],
    ['Reminder: Offer', 'Re: Reminder: Offer', 'Fwd: Reminder: Offer'],
    ['Research: results', 'Re: Research: results', 'Fwd: Research: results'],
    ['Ref: 4711', 'Re: Ref: 4711', 'Fwd: Ref: 4711'],
    ['', 'Re:', 'Fwd:'],
    ['Re:', 'Re:', 'Fwd: Re:'],
    ['Offer\r\nBcc: eve@y.example', 'Re: Offer Bcc: eve@y.example', 'Fwd: Offer Bcc: eve@y.example'],
  ])('%s becomes "%s", or "%s" when passed on', (subject, reply, forward) => {
    expect(replySubject(subject)).toBe(reply);
    expect(forwardSubject(subject)).toBe(forward);
  });
});

describe('the conversation', () => {
  const messageId = '<c@x.example>';

  it.each([
    ['begins', { references: [] }, ['<c@x.example>']],
    ['goes on', { references: ['<a@x>', '<b@x>'] }, ['<a@x>', '<b@x>', '<c@x.example>']],
    [
      'takes In-Reply-To where there is no References',
      { references: [], inReplyTo: '<b@x>' },
      ['<b@x>', '<c@x.example>'],
    ],
    ['names no id twice', { references: ['<a@x>', '<a@x>', '<c@x.example>'] }, ['<a@x>', '<c@x.example>']],
    [
      'leaves out ids that break a header',
      { references: ['<a b@x>', '<ä@x>', '<a@x>\r\nBcc: eve@y.example', 'a@x', '<b@x>'] },
      ['<b@x>', '<c@x.example>'],
    ],
  ])('%s', (_title, headers, references) => {
    const original = { inReplyTo: undefined, ...headers, messageId };
    expect(replyThread(original)).toEqual({ inReplyTo: messageId, references });
    expect(forwardThread(original)).toEqual({ references });
  });

  it('keeps the first and the latest of a long one', () => {
    const references = Array.from({ length: 60 }, (_, index) => `<${index}@x>`);
    const shortened = replyThread({ messageId, inReplyTo: undefined, references }).references;
    expect(shortened).toHaveLength(21);
    expect([shortened[0], shortened[1], shortened.at(-2), shortened.at(-1)]).toEqual([
      '<0@x>',
      '<41@x>',
      '<59@x>',
      messageId,
    ]);
  });

  it('works without an id where the answered mail has none', () => {
    const original = { messageId: undefined, inReplyTo: undefined, references: ['<a@x>'] };
    expect(replyThread(original)).toEqual({ references: ['<a@x>'] });
  });
});
