import type { Clock } from '../domain/clock.ts';
import type { AccessToken } from './types.ts';

/** What is handed out lasts at least this long: longer than a poll, a delivery and a large attachment take. */
export const minimumLeftMs = 10 * 60_000;

/** Access tokens in memory, each asked for once however many want it. */
export interface TokenMemory {
  /**
   * The token under `id`: from memory while it lasts, else what `acquire` answers. With `force` one in memory will do only
   * if it is not older than `youngMs` (0 unless given).
   */
  get(
    id: string,
    options: { readonly force: boolean; readonly youngMs?: number },
    acquire: () => Promise<AccessToken>,
  ): Promise<AccessToken>;
}

export function createTokenMemory(clock: Pick<Clock, 'now' | 'monotonic'>): TokenMemory {
  const memory = new Map<string, { readonly token: AccessToken; readonly since: number }>();
  const flights = new Map<string, Promise<AccessToken>>();
  const lasts = (token: AccessToken): boolean => token.expiresAt.getTime() - clock.now() >= minimumLeftMs;

  const remember = (id: string, token: AccessToken): void => {
    for (const [other, held] of memory) if (!lasts(held.token)) memory.delete(other);
    if (lasts(token)) memory.set(id, { token, since: clock.monotonic() });
  };

  return {
    async get(id, { force, youngMs = 0 }, acquire) {
      const held = memory.get(id);
      const isOld = held === undefined || !lasts(held.token);
      if (!isOld && (!force || clock.monotonic() - held.since < youngMs)) return held.token;
      const flightId = `${id}|${force ? 'force' : 'any'}`;
      const under = flights.get(`${id}|force`) ?? flights.get(flightId);
      if (under !== undefined) return under;
      const flight = acquire()
        .then((token) => {
          remember(id, token);
          return token;
        })
        .catch((error: unknown) => {
          // What Microsoft refuses now must no longer be served from memory.
          if (force) memory.delete(id);
          throw error;
        })
        .finally(() => flights.delete(flightId));
      flights.set(flightId, flight);
      return flight;
    },
  };
}
