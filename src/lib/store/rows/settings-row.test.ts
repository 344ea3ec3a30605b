import { describe, expect, it } from 'vitest';
import { asStored, mailboxId, withColumn } from '../../../../test/support/rows.ts';
import type { MailboxFilter } from '../../domain/mail/filter.ts';
import { isBrokerError } from '../../errors.ts';
import { decodeSettings, encodeSettings, filterIn } from './settings-row.ts';

const filter: MailboxFilter = {
  only: {
    folder: [{ role: 'inbox' }, { path: 'Süd' }],
    from: ['*@contoso.example'],
    to: ['ada@contoso.example'],
    subject: ['Übersicht'],
    minSize: 1,
    maxSize: 2,
    hasAttachment: true,
    autoReply: false,
    direction: 'in',
  },
  except: { subject: ['x'] },
};
const row = encodeSettings({ mailboxId, revision: 5_000_000_000, filter });

describe('the settings of a mailbox', () => {
  it('come back as they were written, with a filter and without', () => {
    expect(decodeSettings(asStored(row))).toEqual({ mailboxId, revision: 5_000_000_000, filter });
    const empty = { mailboxId, revision: 1, filter: undefined };
    expect(decodeSettings(asStored(encodeSettings(empty)))).toEqual(empty);
  });

  it.each([
    ['filter', '{"only":'],
    ['filter', '[]'],
    ['filter', 7],
    ['filter', '{"only":{"from":"*"}}'],
    // Someone's condition, left out, would have another filter than the one that was set.
    ['filter', '{"only":{"from":["a@x"],"language":["de"]}}'],
    ['filter', '{"only":{"folder":[{"role":"inbox","depth":2}]}}'],
    ['filter', '{"unless":{"from":["a@x"]}}'],
    ['revision', undefined],
    ['revision', 'new'],
    ['v', 1],
    ['v', 3],
    ['v', undefined],
  ])('are broken with %s %j', (name, value) => {
    expect(() => filterIn(withColumn(row, name, value), mailboxId, 1)).toThrow(
      expect.toSatisfy((error: unknown) => isBrokerError(error, 'row_broken', 'row_newer')),
    );
  });

  it('hold the filter that the mailbox speaks of, or a later one, and are broken otherwise', () => {
    const at = (revision: number, of: MailboxFilter | undefined) =>
      asStored(encodeSettings({ mailboxId, revision, filter: of }));
    expect(filterIn(at(7, filter), mailboxId, 7).filter).toEqual(filter);
    expect(filterIn(at(8, filter), mailboxId, 7).filter).toEqual(filter);
    expect(filterIn(at(8, undefined), mailboxId, 7).filter).toBeUndefined();
    for (const stored of [undefined, at(6, filter), at(7, undefined)]) {
      expect(() => filterIn(stored, mailboxId, 7)).toThrow(
        expect.toSatisfy((error: unknown) => isBrokerError(error, 'row_broken')),
      );
    }
  });
});
