import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../../test/support/virtual-clock.ts';
import type { Sealer } from '../domain/sealing.ts';
import { BrokerError } from '../errors.ts';
import { createSessions, isFormOf } from './session.ts';

const keyId = 'ab'.repeat(16);

/** Seals by saying where: enough to see that a value counts only in its place, under a key that is known. */
function world(keys = [keyId]) {
  const clock = virtualClock();
  let opened = 0;
  const frame = (place: unknown) => Buffer.from(`${JSON.stringify(place)}\n`);
  const sealer: Sealer = {
    seal: async (place, plain) =>
      new Uint8Array(Buffer.concat([Buffer.from([1]), Buffer.from(keyId, 'hex'), frame(place), plain])),
    open: async (place, sealed) => {
      opened += 1;
      const rest = Buffer.from(sealed.subarray(17));
      if (!rest.subarray(0, frame(place).length).equals(frame(place))) throw new BrokerError('seal_broken');
      return new Uint8Array(rest.subarray(frame(place).length));
    },
    needsReseal: async () => false,
  };
  const sessions = createSessions({ sealer, clock, keyIds: async () => keys });
  return { clock, sessions, opened: () => opened };
}
const who = { tid: 't', oid: 'o', name: 'Ada' };
const headerOf = ({ name, value }: { name: string; value: string }) => `x=1; ${name}=${value}`;

describe('the session of the dashboard', () => {
  it('lies in a cookie that only this host and no script reads, and ends after an hour', async () => {
    const { sessions, clock } = world();
    const cookie = await sessions.begin(who);
    expect(cookie).toMatchObject({
      name: '__Host-nmb-dashboard',
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
      maxAge: 3600,
    });
    expect(await sessions.open(headerOf(cookie))).toMatchObject(who);
    await clock.advance(3_600_000);
    expect(await sessions.open(headerOf(cookie))).toBeUndefined();
  });

  it.each([
    ['no cookie', null],
    ['another cookie', 'a=b'],
    ['an empty one', '__Host-nmb-dashboard='],
    ['one of a key that nobody knows', `__Host-nmb-dashboard=${Buffer.alloc(80, 7).toString('base64url')}`],
    ['one that is far too long', `__Host-nmb-dashboard=${'A'.repeat(5_000)}`],
  ])('does not open for %s, and asks the vault nothing', async (_, header) => {
    const { sessions, opened } = world();
    expect(await sessions.open(header)).toBeUndefined();
    expect(opened()).toBe(0);
  });

  it('does not open for what was sealed for something else', async () => {
    const { sessions } = world();
    const foreign = Buffer.concat([Buffer.from([1]), Buffer.from(keyId, 'hex'), Buffer.from('{"table":"grants"}\n{}')]);
    expect(await sessions.open(`__Host-nmb-dashboard=${foreign.toString('base64url')}`)).toBeUndefined();
  });

  it('has a form token of its own, which no other session has', async () => {
    const { sessions, clock } = world();
    const one = await sessions.open(headerOf(await sessions.begin(who)));
    await clock.advance(1);
    const other = await sessions.open(headerOf(await sessions.begin(who)));
    if (one === undefined || other === undefined) throw new Error('A session did not open.');
    expect(isFormOf(one, one.formToken)).toBe(true);
    expect(isFormOf(one, other.formToken)).toBe(false);
    expect(isFormOf(one, '')).toBe(false);
  });
});
