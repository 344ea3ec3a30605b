import { expect, it } from 'vitest';
import { createExpiringMap } from './expiring-map.ts';

function world(most = 10) {
  let time = 1_000;
  const map = createExpiringMap<string, number>(most, () => time);
  return { map, pass: (ms: number) => (time += ms) };
}

it('remembers a value until its time is over', () => {
  const { map, pass } = world();
  map.set('a', 1, 1_100);
  pass(99);
  expect(map.get('a')).toBe(1);
  pass(1);
  expect(map.get('a')).toBeUndefined();
});

it('takes the time of the newest value', () => {
  const { map, pass } = world();
  map.set('a', 1, 1_100);
  map.set('a', 2, 1_200);
  pass(150);
  expect(map.get('a')).toBe(2);
  map.set('a', 3, 1_150);
  expect(map.get('a')).toBeUndefined();
});

it('forgets what is deleted, and the oldest where there are too many', () => {
  const { map } = world(2);
  for (const [n, key] of ['a', 'b', 'c'].entries()) map.set(key, n, 9_000);
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([undefined, 1, 2]);
  map.delete('b');
  expect(map.get('b')).toBeUndefined();
});
