import { randomUUID } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Options } from 'nodemailer/lib/mailer';
import type { DemoUser } from '../entra/stand-in.ts';
import type { Drop } from '../mail/stand-ins.ts';
import { chartPng, onePagePdf } from './demo-files.ts';

/** A message and where it goes. */
export interface DemoMessage {
  readonly raw: Buffer;
  readonly drop: Drop;
}

type Recipient = Pick<DemoUser, 'address' | 'name'>;

const dayMs = 86_400_000;

function compose(options: Options): Promise<Buffer> {
  // Nothing in a demo message is read from a disk or the network.
  const mail = new MailComposer({ disableFileAccess: true, disableUrlAccess: true, ...options });
  return mail.compile().build();
}

const messageId = (): string => `<${randomUUID()}@mail.fabrikam.example>`;

export interface FreshMail {
  readonly to: Recipient;
  readonly subject?: string;
  readonly text?: string;
  readonly date?: Date;
}

/** A fresh message with text, HTML, an inline picture and an attachment: what `npm start` puts before your eyes. */
export function composeDemoMail({ to, subject, text, date = new Date() }: FreshMail): Promise<Buffer> {
  const lines = [
    `Dear ${to.name.split(' ')[0]},`,
    'thank you for the call this morning. Attached is our offer for the 40 standing desks in Rotterdam, delivery in week 5.',
    'The chart shows how the price moved since spring. The offer holds until 15 December.',
    'Kind regards\nMei Tanaka\nFabrikam Office Furniture',
  ];
  return compose({
    from: { name: 'Mei Tanaka', address: 'mei.tanaka@fabrikam.example' },
    to: { name: to.name, address: to.address },
    subject: subject ?? 'Offer 2026-118: 40 standing desks for Rotterdam',
    date,
    messageId: messageId(),
    text: text ?? lines.join('\n\n'),
    html:
      text === undefined
        ? `${lines.map((line) => `<p>${line.replace(/\n/g, '<br>')}</p>`).join('')}<p><img src="cid:prices@fabrikam.example" alt="Prices since spring" width="360" height="140"></p>`
        : `<p>${text.replace(/[&<]/g, (it) => (it === '&' ? '&amp;' : '&lt;'))}</p>`,
    attachments: [
      {
        filename: 'Offer 2026-118.pdf',
        contentType: 'application/pdf',
        content: onePagePdf('Offer 2026-118: 40 standing desks'),
      },
      {
        filename: 'prices.png',
        contentType: 'image/png',
        content: chartPng([310, 318, 335, 329, 322, 309, 301]),
        cid: 'prices@fabrikam.example',
        contentDisposition: 'inline',
      },
    ],
  });
}

/** What lies in a mailbox of the local world before anyone connects it, oldest first. */
export async function demoMessages(to: Recipient, now = new Date()): Promise<readonly DemoMessage[]> {
  const ago = (days: number): Date => new Date(now.getTime() - days * dayMs);
  const recipient = { name: to.name, address: to.address };
  const inbox = async (date: Date, options: Options, flags: readonly string[] = []): Promise<DemoMessage> => ({
    raw: await compose({ to: recipient, date, messageId: messageId(), ...options }),
    drop: { date, flags },
  });
  return [
    await inbox(
      ago(20),
      {
        from: { name: 'Contoso IT', address: 'it@contoso.example' },
        subject: 'Your new laptop is ready',
        text: 'Hello,\n\nyour laptop is ready at the desk on the second floor. Please bring the old one.\n\nContoso IT',
      },
      ['\\Seen'],
    ),
    await inbox(
      ago(9),
      {
        from: { name: 'Jonas Weber', address: 'jonas.weber@adatum.example' },
        cc: 'logistics@adatum.example',
        subject: 'Figures of the third quarter',
        text: 'Good morning,\n\nthe figures are attached, with the chart you asked for.\n\nJonas',
        html: '<p>Good morning,</p><p>the figures are attached, with the chart you asked for.</p><p><img src="cid:chart@adatum.example" alt="Shipments by month"></p><p>Jonas</p>',
        attachments: [
          { filename: 'third-quarter.csv', content: 'month;shipments\nJuly;412\nAugust;388\nSeptember;455\n' },
          {
            filename: 'Zusammenfassung für Köln.pdf',
            contentType: 'application/pdf',
            content: onePagePdf('Third quarter'),
          },
          {
            filename: 'chart.png',
            content: chartPng([412, 388, 455]),
            cid: 'chart@adatum.example',
            contentDisposition: 'inline',
          },
        ],
      },
      ['\\Seen', '\\Flagged'],
    ),
    await inbox(ago(6), {
      from: { name: '王伟', address: 'wang.wei@litware.example' },
      subject: '回复：上海仓库的交货时间',
      text: '您好，\n\n上海仓库的货物将于十二月三日发出，预计三周内到达鹿特丹。\n\n此致\n王伟',
    }),
    await inbox(ago(3), {
      from: { name: 'Amira Haddad', address: 'amira@litware.example' },
      subject: 'Invitation: Rotterdam move, weekly',
      text: 'Shall we go through the open points every Tuesday?',
      icalEvent: { method: 'REQUEST', filename: 'invite.ics', content: invitation(to, ago(-4)) },
    }),
    await inbox(ago(2), {
      from: { name: 'Kenji Ito', address: 'kenji@fabrikam.example' },
      subject: 'Automatic reply: Offer for chairs',
      headers: { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All' },
      text: 'I am out of the office until Monday.',
    }),
    { raw: bounce(to, ago(1)), drop: { date: ago(1) } },
    {
      raw: await compose({
        from: recipient,
        to: 'mei.tanaka@fabrikam.example',
        date: ago(1),
        messageId: messageId(),
        subject: 'Desks for Rotterdam',
        text: 'Dear Mei,\n\ncould you send us an offer for 40 standing desks?\n\nThank you',
      }),
      drop: { folder: 'Sent Items', date: ago(1), flags: ['\\Seen'] },
    },
  ];
}

const stamp = (date: Date): string => date.toISOString().replace(/[-:]|\.\d+/g, '');

/** RFC 5545. */
function invitation(to: Recipient, start: Date): string {
  return [
    'BEGIN:VCALENDAR',
    'PRODID:-//Litware//Calendar//EN',
    'VERSION:2.0',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    `UID:${randomUUID()}@litware.example`,
    `DTSTAMP:${stamp(new Date())}`,
    `DTSTART:${stamp(start)}`,
    `DTEND:${stamp(new Date(start.getTime() + 1_800_000))}`,
    'RRULE:FREQ=WEEKLY;COUNT=6',
    'SUMMARY:Rotterdam move\\, weekly',
    'LOCATION:Meeting room 3',
    'ORGANIZER;CN=Amira Haddad:mailto:amira@litware.example',
    `ATTENDEE;CN="${to.name}";RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:${to.address}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

/** A delivery status notification (RFC 3464), as a mail server writes it. */
function bounce(to: Recipient, date: Date): Buffer {
  const boundary = `=_${randomUUID()}`;
  const when = date.toUTCString().replace('GMT', '+0000');
  return Buffer.from(
    [
      'From: Mail Delivery System <mailer-daemon@mail.fabrikam.example>',
      `To: ${to.address}`,
      'Subject: Undeliverable: Price list',
      `Date: ${when}`,
      `Message-ID: ${messageId()}`,
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
      `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
      '',
      `--${boundary}`,
      'Content-Type: text/plain; charset=us-ascii',
      '',
      'Your message to nobody@fabrikam.example could not be delivered: there is no such mailbox.',
      '',
      `--${boundary}`,
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mail.fabrikam.example',
      `Arrival-Date: ${when}`,
      '',
      'Final-Recipient: rfc822; nobody@fabrikam.example',
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: smtp; 550 5.1.1 <nobody@fabrikam.example>: Recipient address rejected: User unknown',
      '',
      `--${boundary}`,
      'Content-Type: text/rfc822-headers',
      '',
      `From: ${to.address}`,
      'To: nobody@fabrikam.example',
      'Subject: Price list',
      `Message-ID: <${randomUUID()}@contoso.example>`,
      '',
      `--${boundary}--`,
      '',
    ].join('\r\n'),
  );
}
