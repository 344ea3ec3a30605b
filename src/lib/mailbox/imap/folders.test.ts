import { describe, expect, it } from 'vitest';
import { defaultFolders, folderInfo, type ListedFolder } from './folders.ts';

const folder = (path: string, more: Partial<ListedFolder> = {}): ListedFolder => ({
  path,
  name: path.split('/').at(-1) ?? path,
  delimiter: '/',
  flags: new Set(),
  ...more,
});
const sentPath = (...folders: readonly ListedFolder[]) =>
  defaultFolders(folderInfo([folder('INBOX'), ...folders])).find(({ role }) => role === 'sent')?.path;

describe('the role of a folder', () => {
  it('is told by the server where it knows', () => {
    expect(sentPath(folder('Sent'), folder('Ausgang', { specialUse: '\\Sent' }))).toBe('Ausgang');
  });

  it.each([
    'العناصر المرسلة',
    'Изпратени елементи',
    'Poslane stavke',
    'Mục đã Gửi',
    'Nosūtītie vienumi',
    'รายการที่ถูกส่ง',
    'Skickade objekt',
    '已傳送的郵件',
    'ITENS ENVIADOS',
    'פריטים שנשלחו',
  ])("is told by Outlook's name %s", async (name) => {
    // imapflow's own table comes first in the field; here it stands beside ours as it does there.
    const { specialUse } = await import('imapflow/lib/special-use.js');
    const flag = specialUse(false, { flags: new Set(), name }).flag ?? undefined;
    expect(sentPath(folder(name, { specialUse: flag }))).toBe(name);
  });

  it.each([
    ['junk', 'Junk-E-Mail'],
    ['junk', 'Courrier indésirable'],
    ['junk', 'Correo electrónico no deseado'],
    ['junk', '迷惑メール'],
    ['junk', '垃圾邮件'],
    ['junk', 'البريد الإلكتروني غير الهام'],
    ['junk', 'Neželjena e-pošta'],
    ['archive', 'Archiv'],
    ['archive', 'Archives'],
    ['archive', 'Arquivo Morto'],
    ['archive', 'Архив'],
    ['archive', '存档'],
    ['archive', '보관'],
    ['trash', 'Gelöschte Elemente'],
    ['drafts', 'Brouillons'],
  ])('is also recognised for %s by the name %s', async (role, name) => {
    const { specialUse } = await import('imapflow/lib/special-use.js');
    const flag = specialUse(false, { flags: new Set(), name }).flag ?? undefined;
    const found = folderInfo([folder('INBOX'), folder(name, { specialUse: flag })]);
    expect(found.find(({ path }) => path === name)?.role).toBe(role);
  });

  it('does not mind the marks that right-to-left names carry', () => {
    expect(sentPath(folder('\u200fالعناصر المرسلة\u200e'))).toBeDefined();
  });

  it('goes to the folder nearest to the root', () => {
    expect(sentPath(folder('Projects/Itens Enviados'), folder('Itens Enviados'))).toBe('Itens Enviados');
  });

  it('is given once, and never to a folder that cannot be opened', () => {
    const folders = folderInfo([
      folder('INBOX'),
      folder('A', { specialUse: '\\Sent' }),
      folder('B', { specialUse: '\\Sent' }),
    ]);
    expect(folders.filter(({ role }) => role === 'sent')).toHaveLength(1);
    expect(sentPath(folder('Sent', { specialUse: '\\Sent', flags: new Set(['\\Noselect']) }))).toBeUndefined();
  });

  it('leaves everything else without one', () => {
    expect(folderInfo([folder('Sent to clients'), folder('Projects')]).map(({ role }) => role)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('makes INBOX the inbox whatever the server calls another', () => {
    expect(defaultFolders(folderInfo([folder('Inbox'), folder('Eingang', { specialUse: '\\Inbox' })]))[0]?.path).toBe(
      'Inbox',
    );
  });
});
