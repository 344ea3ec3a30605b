import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// The rooms of src, top to bottom: an import goes down, or stays within its own room. Rooms on one line are siblings
// and do not know each other; they meet in broker.ts. A file in lib/ itself is named with its ending.
const floors = [
  ['functions'],
  ['lib/broker.ts'],
  ['lib/broker'],
  ['lib/connect', 'lib/housekeeping', 'lib/doctor', 'lib/metrics', 'lib/dashboard'],
  ['lib/drafts'],
  ['lib/submissions', 'lib/bells'],
  ['lib/changing'],
  ['lib/mailboxes', 'lib/reading', 'lib/sync/run'],
  ['lib/sync/backlog'],
  ['lib/sync/delivering', 'lib/sync/folder'],
  ['lib/sync/state'],
  ['lib/entra', 'lib/mailbox', 'lib/delivery', 'lib/send', 'lib/compose'],
  ['lib/pages'],
  ['lib/http', 'lib/outbound', 'lib/html'],
  ['lib/access'],
  ['lib/store', 'lib/vault', 'lib/telemetry'],
  [
    'lib/log.ts',
    'lib/trace.ts',
    'lib/config.ts',
    'lib/setting-defaults.ts',
    'lib/setting-url.ts',
    'lib/setting-faults.ts',
    'lib/version.ts',
    'lib/domain',
    'lib/errors.ts',
    'lib/error-codes.ts',
    'lib/errors',
  ],
];

/** Inside a room with several doors the same rule holds. */
const floorsOf: Record<string, string[]> = {
  'lib/doctor': ['.', 'checks'],
  'lib/http': ['openapi', 'answers', '.', 'requests'],
  'lib/mailbox': ['imap', 'fetch', 'message', 'session', 'calendar', 'mime', 'charset'],
  'lib/delivery': ['.', 'nocobase', 'webhook', 'events', 'sanitize'],
  'lib/store': ['submissions', 'mailboxes', 'destinations', 'grants', 'links', 'deployment', 'shard', 'rows', 'table'],
  'lib/domain': ['events', 'mail', '.'],
};

/** With more files than this a folder has to be searched. */
const mostFilesInAFolder = 25;

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name));

function floorOf(file: string): { room: string; floor: number } {
  const path = relative(src, file);
  for (const [floor, rooms] of floors.entries()) {
    const room = rooms.find((name) => path === name || path.startsWith(`${name}/`));
    if (room !== undefined) return { room, floor };
  }
  throw new Error(`${path} stands in no room; give it one in test/house.test.ts`);
}

/** Imports of types count as well: what one has to read to understand a file is the same. */
const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    resolve(dirname(file), match[1] ?? ''),
  );

const ground = floors.length - 1;
const all = filesIn(src);

/** A way from a file along its imports back to itself, if there is one. */
function circleFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const open = [start];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) {
        const circle = [file];
        for (let at = cameFrom.get(file); at !== undefined; at = cameFrom.get(at)) circle.unshift(at);
        return circle;
      }
      if (!cameFrom.has(next)) {
        cameFrom.set(next, file);
        open.push(next);
      }
    }
  }
  return undefined;
}

describe('the house', () => {
  it('has files to look at', () => {
    expect(all.length).toBeGreaterThan(100);
  });

  it.each(all.map((file) => [relative(src, file), file]))('%s imports downwards only', (_name, file) => {
    const from = floorOf(file);
    for (const target of importsOf(file)) {
      const to = floorOf(target);
      const allowed = to.room === from.room || to.floor > from.floor || (from.floor === ground && to.floor === ground);
      expect(allowed, `${relative(src, file)} imports ${relative(src, target)}`).toBe(true);
    }
  });

  it.each(Object.entries(floorsOf))('within %s imports go one way, too', (room, order) => {
    const folder = join(src, room);
    const placeOf = (file: string): number => {
      const inner = relative(folder, dirname(file)) || '.';
      const place = order.indexOf(inner);
      if (place < 0)
        throw new Error(`${relative(src, file)} stands in no part of ${room}; name it in test/house.test.ts`);
      return place;
    };
    for (const file of all.filter((one) => one.startsWith(`${folder}/`))) {
      for (const target of importsOf(file).filter((one) => one.startsWith(`${folder}/`))) {
        expect(placeOf(target), `${relative(src, file)} imports ${relative(src, target)}`).toBeGreaterThanOrEqual(
          placeOf(file),
        );
      }
    }
  });

  it('asks by name whether an error is one of ours, since the bundle has their classes twice', () => {
    const asking = all.filter((file) => /instanceof (?:BrokerError|StoreError)\b/.test(readFileSync(file, 'utf8')));
    expect(asking).toEqual([]);
  });

  it('has no circle of imports, of types neither', () => {
    const graph = new Map(all.map((file) => [file, importsOf(file)]));
    const circles = all.flatMap((file) => {
      const circle = circleFrom(file, graph);
      return circle === undefined ? [] : [circle.map((one) => relative(src, one)).join(' -> ')];
    });
    expect(circles).toEqual([]);
  });

  it.each(['src', 'local', 'cli', 'client'])('%s has no folder in which one has to search', (top) => {
    const counts = Map.groupBy(filesIn(join(root, top)), (file) => relative(root, dirname(file)));
    const crowded = [...counts].filter(([, files]) => files.length > mostFilesInAFolder).map(([folder]) => folder);
    expect(crowded).toEqual([]);
  });
});
