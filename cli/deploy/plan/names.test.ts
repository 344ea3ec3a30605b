import { describe, expect, it } from 'vitest';
import { defaultNames, nameFault, suffixOf } from './names.ts';

describe('default names', () => {
  it('are the same for the same group on any machine, however it is written', () => {
    expect(defaultNames('SUB', 'Mail-Broker')).toEqual(defaultNames('sub', 'mail-broker'));
    expect(suffixOf('sub', 'mail-broker')).not.toBe(suffixOf('other', 'mail-broker'));
  });

  it('are such as Azure takes', () => {
    for (let group = 0; group < 200; group += 1) {
      for (const [kind, name] of Object.entries(defaultNames('sub', `group-${group}`))) {
        expect(nameFault(kind as 'app', name)).toBeUndefined();
      }
    }
  });
});

describe('a name', () => {
  it.each([
    ['app', 'mail-broker-contoso', true],
    ['app', 'abc', false],
    ['app', 'a'.repeat(41), false],
    ['app', '-abcd', false],
    ['app', 'abcd-', false],
    ['app', 'ABCD', false],
    ['app', 'a b c', false],
    ['vault', 'kv-contoso', true],
    ['vault', 'kv--contoso', false],
    ['vault', '1kv', false],
    ['vault', 'v'.repeat(25), false],
    ['storage', 'mailbroker1', true],
    ['storage', 'mail-broker', false],
    ['storage', 'ab', false],
    ['group', 'Größe.(prod)_1', true],
    ['group', 'ends.', false],
    ['group', 'a/b', false],
    ['group', 'a&b', false],
    ['group', 'a b', false],
    ['group', '', false],
    ['group', 'x'.repeat(91), false],
  ] as const)('a name of kind %s, %j, is taken: %s', (kind, name, isTaken) => {
    expect(nameFault(kind, name) === undefined).toBe(isTaken);
  });
});
