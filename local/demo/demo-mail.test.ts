import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { composeDemoMail, demoMessages } from './demo-mail.ts';

const ada = { address: 'ada@contoso.example', name: 'Ada Lovelace' };

describe('the demo mail', () => {
  it('holds what a real mailbox holds: files, HTML, a picture, other scripts, an invitation, a bounce', async () => {
    const now = new Date('2026-11-22T10:00:00Z');
    const messages = await demoMessages(ada, now);
    const mails = await Promise.all(messages.map(({ raw }) => PostalMime.parse(raw)));
    const bySubject = (part: string) => mails.find((mail) => mail.subject?.includes(part));
    const figures = bySubject('Figures');
    expect(figures?.html).toContain('cid:chart@adatum.example');
    expect(figures?.attachments.map((file) => [file.filename, file.disposition])).toEqual([
      ['chart.png', 'inline'],
      ['third-quarter.csv', 'attachment'],
      ['Zusammenfassung für Köln.pdf', 'attachment'],
    ]);
    expect(bySubject('回复：上海仓库的交货时间')?.from?.name).toBe('王伟');
    const invitation = bySubject('Invitation')?.attachments.find((file) => file.mimeType === 'text/calendar');
    expect(invitation?.method).toBe('REQUEST');
    expect(messages.map(({ raw }) => raw.toString()).join()).toContain('report-type=delivery-status');
    for (const { drop } of messages) expect(drop.date?.getTime()).toBeLessThan(now.getTime());
    expect(messages.filter(({ drop }) => drop.folder === 'Sent Items')).toHaveLength(1);
  });

  it('composes a fresh one with an own Message-ID each time', async () => {
    const [one, two] = [await composeDemoMail({ to: ada }), await composeDemoMail({ to: ada, subject: 'Ünlike' })];
    const [first, second] = [await PostalMime.parse(one), await PostalMime.parse(two)];
    expect(first.messageId).not.toBe(second.messageId);
    expect(first.to?.[0]).toMatchObject({ address: ada.address, name: ada.name });
    expect(second.subject).toBe('Ünlike');
    expect(first.attachments.map((file) => file.mimeType).sort()).toEqual(['application/pdf', 'image/png']);
    expect(first.text).toContain('Dear Ada');
  });
});
