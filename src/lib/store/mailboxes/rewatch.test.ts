import { expect, it } from 'vitest';
import { systemRandom } from '../../domain/system.ts';
import type { WatchedFolder } from '../rows/rows.ts';
import { rewatch } from './rewatch.ts';

const inbox: WatchedFolder = { id: 'finbox00', path: 'INBOX', role: 'inbox' };
const sent: WatchedFolder = { id: 'fsent000', path: 'Gesendete Elemente', role: 'sent' };
const project: WatchedFolder = { id: 'fproj000', path: 'Projekte/2026', role: undefined };
const before = [inbox, sent, project];
const choose = (...choices: Parameters<typeof rewatch>[1]) => rewatch(before, choices, systemRandom);

it('keeps the folders that were watched before, whether chosen by role or by path', () => {
  expect(choose({ role: 'sent' }, { path: 'Projekte/2026' }, { path: 'inbox' })).toEqual({
    folders: [sent, project, inbox],
    added: [],
  });
});

it('takes up new ones under ids of their own', () => {
  const { folders, added } = choose({ role: 'inbox' }, { role: 'archive' }, { path: 'Kunden' });
  expect(folders).toEqual([inbox, ...added]);
  expect(added).toEqual([
    { id: expect.stringMatching(/^f[0-9A-Za-z]{7}$/), path: '', role: 'archive' },
    { id: expect.stringMatching(/^f[0-9A-Za-z]{7}$/), path: 'Kunden', role: undefined },
  ]);
  expect(new Set(folders.map(({ id }) => id)).size).toBe(3);
});

it('watches no folder twice', () => {
  expect(choose({ role: 'inbox' }, { path: 'INBOX' }, { role: 'junk' }, { role: 'junk' }).folders).toHaveLength(2);
});
