import { describe, expect, it } from 'vitest';
import { encodeSettings, filterIn } from '../../store/rows/settings-row.ts';
import { filter } from './filter.ts';

const mailboxId = 'mbx_0007_abcdefghijklmnop';

describe('a filter', () => {
  it.each([
    { only: { from: ['*@contoso.example', 'grace@fabrikam.example'] } },
    { except: { autoReply: true } },
    {
      only: { folder: [{ role: 'inbox' }, { path: 'Projects/Süd' }], direction: 'in' },
      except: { subject: ['Newsletter'] },
    },
    { only: { to: ['team-*@*'], minSize: 0, maxSize: 25_000_000, hasAttachment: true } },
    { only: { from: ['*@münchen.example'] }, except: { from: ['*'], hasAttachment: false, autoReply: false } },
  ])('%j is taken, and comes back from its row as it is', (wanted) => {
    const taken = filter.parse(wanted);
    expect(taken).toEqual(wanted);
    const row = { ...encodeSettings({ mailboxId, revision: 7, filter: taken }), etag: '' };
    expect(filterIn(row, mailboxId, 7).filter).toEqual(wanted);
  });

  it('may name a folder by its role alone', () => {
    expect(filter.parse({ only: { folder: ['inbox'] } })).toEqual({ only: { folder: [{ role: 'inbox' }] } });
  });

  const long = 'a'.repeat(255);
  it.each([
    null,
    [],
    'all',
    {},
    { only: {} },
    { except: {} },
    { only: { from: ['a@x.example'] }, except: {} },
    { only: { surprise: true } },
    { surprise: {} },
    { only: { from: 'a@x.example' } },
    { only: { from: [] } },
    { only: { from: ['contoso.example'] } },
    { only: { from: [`${long}@x.example`] } },
    { only: { from: ['a b@x.example'] } },
    { only: { from: ['a@x.example\r\nBcc: b@x.example'] } },
    { only: { from: [`${'*a'.repeat(9)}@x.example`] } },
    { only: { from: Array(51).fill('a@x.example') } },
    { only: { to: [7] } },
    { only: { subject: [''] } },
    { only: { subject: ['a\nb'] } },
    { only: { subject: ['\ud800'] } },
    { only: { subject: Array(50).fill('s'.repeat(200)) }, except: { subject: ['x'.repeat(200)] } },
    { only: { minSize: -1 } },
    { only: { minSize: 1.5 } },
    { only: { minSize: 2, maxSize: 1 } },
    { only: { maxSize: 1e300 } },
    { only: { hasAttachment: 'yes' } },
    { only: { autoReply: null } },
    { only: { direction: 'both' } },
    { only: { folder: ['INBOX'] } },
    { only: { folder: [{ path: '' }] } },
  ])('%j is refused', (wanted) => {
    expect(filter.safeParse(wanted).success).toBe(false);
  });
});
