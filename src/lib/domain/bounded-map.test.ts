import { expect, it } from 'vitest';
import { createBoundedMap } from './bounded-map.ts';

it('holds no more than it may, and forgets what was set longest ago', () => {
  const map = createBoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.set('c', 4);
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([3, undefined, 4, 2]);
  map.delete('a');
  expect(map.size).toBe(1);
});

it('keeps what may not be forgotten, and what was set just now', () => {
  const map = createBoundedMap<string, 'busy' | 'idle'>(1, (value) => value === 'idle');
  map.set('a', 'busy');
  map.set('b', 'idle');
  expect([map.get('a'), map.get('b')]).toEqual(['busy', 'idle']);
  map.set('c', 'idle');
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual(['busy', undefined, 'idle']);
});
