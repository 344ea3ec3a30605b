import MailComposer from 'nodemailer/lib/mail-composer/index.js';

type Mail = ConstructorParameters<typeof MailComposer>[0];

let count = 0;

/** A raw message as a mail program would send it; each has a Message-ID of its own unless one is given. */
export async function composeMail(mail: Mail): Promise<Buffer> {
  count += 1;
  const messageId = `<test-${process.pid}-${Date.now()}-${count}@contoso.example>`;
  return new MailComposer({ messageId, ...mail }).compile().build();
}

/** The same with as little as possible to say: a subject. */
export const shortMail = (to: string, subject: string): Promise<Buffer> =>
  composeMail({ from: '"Grace Hopper" <grace@contoso.example>', to, subject, text: `About ${subject}.` });
