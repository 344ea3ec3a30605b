import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configFolder, fileProfiles } from './profiles.ts';

const fresh = () => fileProfiles(join(mkdtempSync(join(tmpdir(), 'profiles-')), 'a b', 'nocobase-mail-broker'));
const one = { url: 'https://one.example', key: 'nmb_one' };
const two = { url: 'https://two.example', key: 'nmb_two' };

describe('the config folder', () => {
  it.each([
    ['linux', {}, '/home/ada/.config/nocobase-mail-broker'],
    ['linux', { XDG_CONFIG_HOME: '/xdg' }, '/xdg/nocobase-mail-broker'],
    ['darwin', { XDG_CONFIG_HOME: '' }, '/home/ada/.config/nocobase-mail-broker'],
    ['win32', { APPDATA: '/roaming' }, '/roaming/nocobase-mail-broker'],
    ['win32', {}, '/home/ada/AppData/Roaming/nocobase-mail-broker'],
  ] as const)('the folder of %s with %j is %s', (platform, environment, folder) => {
    expect(configFolder(environment, platform, '/home/ada')).toBe(folder);
  });
});

describe('profiles in a file', () => {
  it('are kept by name, readable by their owner only', async () => {
    const profiles = fresh();
    expect(await profiles.get('one')).toBeUndefined();
    await profiles.put('two', two);
    await profiles.put('one', one);
    expect(await profiles.get('one')).toEqual(one);
    expect(await profiles.names()).toEqual(['one', 'two']);
    expect(statSync(profiles.path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(profiles.path)).mode & 0o777).toBe(0o700);
  });

  it('go one by one, and leave no other file behind', async () => {
    const profiles = fresh();
    await profiles.put('one', one);
    await profiles.put('two', two);
    await profiles.remove('one');
    await profiles.remove('nobody');
    expect(await profiles.names()).toEqual(['two']);
    expect(readdirSync(dirname(profiles.path))).toEqual(['profiles.json']);
    expect(readFileSync(profiles.path, 'utf8')).not.toContain(one.key);
  });

  it('do not mistake the names of objects for profiles', async () => {
    const profiles = fresh();
    await profiles.put('one', one);
    expect(await profiles.get('constructor')).toBeUndefined();
  });

  it('report that the file was changed instead of overwriting it', async () => {
    const profiles = fresh();
    await profiles.put('one', one);
    writeFileSync(profiles.path, 'half a fi');
    await expect(profiles.get('one')).rejects.toThrow('is not a file that this command wrote');
    await expect(profiles.put('two', two)).rejects.toThrow('is not a file that this command wrote');
    expect(readFileSync(profiles.path, 'utf8')).toBe('half a fi');
  });
});
