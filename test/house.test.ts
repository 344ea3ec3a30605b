import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// The rooms of src, top to bottom: an import goes down, or stays within its own room. Rooms on one line are siblings
// and do not know each other; they meet in broker.ts.
const floors = [
  ['functions'],
  ['lib/broker.ts'],
  ['lib/connect', 'lib/sync', 'lib/doctor', 'lib/metrics', 'lib/dashboard'],
  ['lib/entra', 'lib/mailbox', 'lib/delivery', 'lib/compose', 'lib/send'],
  ['lib/http', 'lib/html'],
  ['lib/store', 'lib/vault'],
  [
    'lib/domain',
    'lib/log.ts',
    'lib/errors.ts',
    'lib/error-codes.ts',
    'lib/errors',
    'lib/config.ts',
    'lib/setting-url.ts',
  ],
];

const src = resolve(import.meta.dirname, '../src');

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

function roomOf(file: string): { room: string; floor: number } {
  const path = relative(src, file);
  for (const [floor, rooms] of floors.entries()) {
    const room = rooms.find((name) => path === name || path.startsWith(`${name}/`));
    if (room !== undefined) return { room, floor };
  }
  throw new Error(`${path} stands in no room; give it one in test/house.test.ts`);
}

function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    resolve(dirname(file), match[1] ?? ''),
  );
}

const ground = floors.length - 1;

describe('the house', () => {
  const all = files(src);

  it('has files to look at', () => {
    expect(all.length).toBeGreaterThan(10);
  });

  it.each(all.map((file) => [relative(src, file), file]))('%s imports downwards only', (_name, file) => {
    const from = roomOf(file);
    for (const target of imports(file)) {
      const to = roomOf(target);
      const allowed = to.room === from.room || to.floor > from.floor || (from.floor === ground && to.floor === ground);
      expect(allowed, `${relative(src, file)} imports ${relative(src, target)}`).toBe(true);
    }
  });
});
