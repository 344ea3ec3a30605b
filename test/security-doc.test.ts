import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// docs/security.md says of every measure which test shows it. A name that is gone would be a promise that nobody keeps.
const root = resolve(import.meta.dirname, '..');
const text = readFileSync(resolve(root, 'docs/security.md'), 'utf8');

const named = [...text.matchAll(/`([\w./-]+\.test\.ts)`: "((?:[^"\\]|\\.)+)"/g)].map(
  ([, file = '', name = '']) => [file, name.replaceAll('\\"', '"')] as const,
);
/** Titles of tests as they are written down: between quotes of one kind, after `it`, `test` or the table of an `each`. */
function titlesIn(file: string): Set<string> {
  const source = readFileSync(resolve(root, file), 'utf8');
  const titles = [...source.matchAll(/(?:\b(?:it|test)|\))\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*,/g)];
  return new Set(titles.map(([, single, double]) => (single ?? double ?? '').replaceAll("\\'", "'")));
}

/** Sections of RFC 9700 that ask for something, to the depth in which they ask for different things. */
const sections = [
  ...['2.1', '2.1.1', '2.1.2', '2.2.1', '2.2.2', '2.3', '2.4', '2.5', '2.6'],
  ...['4.1', '4.2', '4.3.1', '4.3.2', '4.4', '4.5', '4.6', '4.7', '4.8', '4.9.1', '4.9.2', '4.10'],
  ...['4.11.1', '4.11.2', '4.12', '4.13', '4.14', '4.15', '4.16', '4.17'],
];

describe('docs/security.md', () => {
  it('names tests', () => expect(named.length).toBeGreaterThan(50));

  it.each([...new Set(named.map(([file]) => file))])('names only tests that %s has', (file) => {
    const titles = titlesIn(file);
    for (const [, name] of named.filter((each) => each[0] === file)) expect(titles, name).toContain(name);
  });

  it.each(sections)('goes through section %s of RFC 9700, with a test', (section) => {
    const line = text.split('\n').find((each) => each.startsWith(`| ${section} `));
    expect(line).toMatch(/\.test\.ts`: "/);
  });

  it('mentions no file of tests without naming the test', () => {
    const files = [...text.matchAll(/[\w./-]+\.test\.ts/g)].map(([file]) => file);
    expect(files).toHaveLength(named.length);
  });
});
