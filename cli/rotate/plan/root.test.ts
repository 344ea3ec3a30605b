import { describe, expect, it } from 'vitest';
import { planRoot, whenSafe } from './root.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const day = 86_400_000;
const version = (id: string, days: number, enabled = true) => ({
  version: id,
  enabled,
  createdAt: now - days * day,
  tags: {},
});

describe('what a rotation of the root key begins with', () => {
  it.each([
    ['one old version: a new one', [version('a', 200)], false, 'make'],
    ['one young version: nothing', [version('a', 29)], false, 'fresh'],
    ['one young version, and it is asked for: a new one', [version('a', 29)], true, 'make'],
    ['two enabled versions: the rotation under way', [version('b', 0), version('a', 200)], false, 'go-on'],
    [
      'two enabled versions: never a third, though it is asked for',
      [version('b', 0), version('a', 200)],
      true,
      'go-on',
    ],
    ['a disabled one beside it does not count', [version('b', 0), version('a', 200, false)], false, 'fresh'],
    ['no enabled version: nothing can be done', [version('a', 200, false)], false, 'none'],
  ])('%s', (_title, versions, again, state) => {
    expect(planRoot(versions, again, now)).toMatchObject({ state });
  });

  it('continues with the newest of the enabled versions', () => {
    const versions = [version('c', 0, false), version('b', 1), version('a', 200)];
    expect(planRoot(versions, false, now)).toMatchObject({ newest: { version: 'b' } });
  });
});

describe('whether older versions may be disabled', () => {
  const progress = {
    version: 'b',
    left: 0,
    kinds: [],
    expiring: [],
    settledAt: now - 25 * 3_600_000,
    done: true,
  };
  const links = { kind: 'links', count: 2, until: now + 3 * day };
  const ask = (more: object, endLinks = false) =>
    whenSafe({ progress: { ...progress, ...more }, attachmentLinkHours: 24, endLinks, now });

  it.each([
    ['nothing needs them', {}, false, { safe: true }],
    ['rows are left', { left: 3, done: false }, true, { safe: false }],
    ['an instance may write under them', { done: false, settledAt: now + 1 }, true, { safe: false, at: now + 1 }],
    ['somebody holds links', { expiring: [links] }, false, { safe: false, at: links.until }],
    ['links that may end', { expiring: [links] }, true, { safe: true }],
    ['links that ended meanwhile', { expiring: [{ ...links, until: now }] }, false, { safe: true }],
    ['links of attachments', { settledAt: now - 1 }, false, { safe: false, at: now - 1 + day }],
  ])('%s', (_title, more, endLinks, expected) => {
    expect(ask(more, endLinks)).toMatchObject(expected);
  });
});
