import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeImapServers } from './support/imap-servers.ts';
import { composeMail } from './support/mail.ts';
import { accepted, eventsOf, eventually, startWorld, type World } from './support/world.ts';

const ada = 'ada@contoso.example';
const support = 'support@contoso.example';

describeImapServers('the filter of a mailbox', (imap) => {
  let world: World;
  let mailboxId: string;

  beforeAll(async () => {
    world = await startWorld({ imap });
    const filter = { except: { from: ['*@newsletter.example'] } };
    ({ mailboxId } = await world.connect(ada, { filter }));
  });
  afterAll(() => world?.stop());

  const deliver = async (from: string, subject: string, more: Partial<Parameters<typeof composeMail>[0]> = {}) =>
    world.standIns.imap.deliver(ada, await composeMail({ from, to: ada, subject, text: 'x', ...more }));
  const subjects = () =>
    world.standIns.nocobase
      .events({ type: 'message.received' })
      .map(({ body }) => (body as { data: { subject: string } }).data.subject);
  const come = async (subject: string) =>
    eventsOf(
      world,
      1,
      (event) => accepted('message.received')(event) && JSON.stringify(event.body).includes(`"${subject}"`),
    );
  const patch = (filter: unknown) => world.api('PATCH', `mailboxes/${mailboxId}`, { body: { filter } });

  it('comes with the link, and keeps mail back from the first one on', async () => {
    const { body } = await world.api('GET', `mailboxes/${mailboxId}`);
    expect(body.filter).toEqual({ except: { from: ['*@newsletter.example'] } });
    await deliver('weekly@newsletter.example', 'offers');
    await deliver('grace@contoso.example', 'hello');
    await come('hello');
    expect(subjects()).toEqual(['hello']);
  });

  it('is changed as a whole, and shown as it is', async () => {
    const wanted = {
      only: {
        folder: ['inbox'],
        to: ['Ada@CONTOSO.example', '*@münchen.example'],
        hasAttachment: true,
        autoReply: false,
      },
      except: { subject: ['DRAFT'], direction: 'in' },
    };
    const shown = { ...wanted, only: { ...wanted.only, folder: [{ role: 'inbox' }] } };
    const changed = await patch(wanted);
    expect([changed.status, changed.body.filter]).toEqual([200, shown]);
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.filter).toEqual(shown);
    const [listed] = (await world.api('GET', 'mailboxes')).body.items;
    expect(listed).not.toHaveProperty('filter');

    const attachments = [{ filename: 'order.pdf', content: Buffer.from('%PDF') }];
    await deliver('grace@contoso.example', 'without a file');
    await deliver('grace@contoso.example', 'draft of an order', { attachments });
    await deliver('grace@contoso.example', 'away', { attachments, headers: { 'Auto-Submitted': 'auto-replied' } });
    await deliver('weekly@newsletter.example', 'order', { attachments });
    await come('order');
    expect(subjects()).toEqual(['hello', 'order']);
  });

  it('goes, and what it kept back does not come', async () => {
    const changed = await patch(null);
    expect([changed.status, changed.body.filter]).toEqual([200, null]);
    await deliver('weekly@newsletter.example', 'last');
    await come('last');
    expect(subjects()).toEqual(['hello', 'order', 'last']);
  });

  it('is not changed by what is no filter', async () => {
    for (const wrong of [{}, { only: {} }, { only: { from: ['contoso.example'] } }, 'none']) {
      const answer = await patch(wrong);
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    }
    expect((await world.api('GET', `mailboxes/${mailboxId}`)).body.filter).toBeNull();
  });

  // Dovecot knows of no mailbox that someone else may open.
  if (imap === 'embedded')
    it('comes with a shared mailbox, too, and takes the place of the one before', async () => {
      for (const subject of ['first', 'second']) {
        const filter = { only: { subject: [subject] } };
        const { status, body } = await world.api('POST', 'mailboxes', {
          body: { address: support, viaMailboxId: mailboxId, filter },
        });
        expect([status, body.filter]).toEqual([subject === 'first' ? 201 : 200, filter]);
      }
      for (const subject of ['first', 'second']) {
        await world.standIns.imap.deliver(
          support,
          await composeMail({ from: 'g@c.example', to: support, subject, text: 'x' }),
        );
      }
      await come('second');
      expect(subjects()).not.toContain('first');
      await eventually('all is well', async () => {
        const { body } = await world.api('GET', 'mailboxes');
        return body.items.every(({ state }: { state: string }) => state === 'active');
      });
    });
});
