import type { Cookie } from '@azure/functions';
import { z } from 'zod';
import { base64url, fromBase64url, purposeHash } from '../domain/bytes.ts';
import type { Clock } from '../domain/clock.ts';
import { equalBytes } from '../domain/mac.ts';
import type { Sealer } from '../domain/sealing.ts';
import { isBrokerError } from '../errors.ts';
import { cookieValue } from '../pages/cookies.ts';

/** Who is signed in, and until when. It lies in the cookie alone: no row is kept of it. */
export interface Session {
  readonly tid: string;
  readonly oid: string;
  readonly name: string;
  readonly expiresAt: Date;
}

/** A session, and the value that its forms carry. */
export interface OpenSession extends Session {
  /** Follows from the cookie, which no script and no other site can read. */
  readonly formToken: string;
}

export interface Sessions {
  /** A new session and its cookie. @throws BrokerError where the root key cannot be read */
  begin(who: Pick<Session, 'tid' | 'oid' | 'name'>): Promise<Cookie>;
  /**
   * The session in a Cookie header; undefined if there is none, or it has ended, or it was not sealed by this broker.
   */
  open(cookieHeader: string | null): Promise<OpenSession | undefined>;
  /** A cookie that takes the other one away. */
  readonly end: Cookie;
}

/** A role that is taken away opens the page for no longer than this; signing in again is one click. */
const sessionSeconds = 3_600;

const name = '__Host-nmb-dashboard';
const place = { table: 'dashboard', partitionKey: 'session', rowKey: 'cookie', column: 'sealed' };
// A sealed session has some 300 characters; of a longer value nothing is decoded.
const longestValue = 2_000;

const form = z.object({ tid: z.string(), oid: z.string(), name: z.string(), expiresAt: z.number() });

export function createSessions(deps: {
  readonly sealer: Sealer;
  readonly clock: Pick<Clock, 'now'>;
  /** Ids of the versions of the root key, as they were last listed. */
  readonly keyIds: () => Promise<readonly string[]>;
}): Sessions {
  const { sealer, clock, keyIds } = deps;
  const cookie = (value: string, maxAge: number): Cookie => ({
    name,
    value,
    path: '/',
    secure: true,
    httpOnly: true,
    // The way back from Microsoft begins at another site, and ends with this page.
    sameSite: 'Lax',
    maxAge,
  });
  return {
    async begin(who) {
      const plain = JSON.stringify({ ...who, expiresAt: clock.now() + sessionSeconds * 1000 });
      const sealed = await sealer.seal(place, new TextEncoder().encode(plain));
      return cookie(base64url(sealed), sessionSeconds);
    },
    async open(header) {
      const value = cookieValue(header, name);
      if (value === undefined || value.length > longestValue) return undefined;
      const sealed = fromBase64url(value);
      // A forged cookie from an anonymous caller must not cause a vault read for an unknown version.
      if (!(await keyIds()).includes(keyIdOf(sealed))) return undefined;
      let plain: Uint8Array;
      try {
        plain = await sealer.open(place, sealed);
      } catch (error) {
        if (isBrokerError(error, 'seal_broken')) return undefined;
        throw error;
      }
      const { expiresAt, ...who } = form.parse(JSON.parse(new TextDecoder().decode(plain)));
      if (expiresAt <= clock.now()) return undefined;
      return { ...who, expiresAt: new Date(expiresAt), formToken: formTokenOf(value) };
    },
    end: cookie('', 0),
  };
}

/** The version of the root key behind the first byte (vault/seal.ts). */
const keyIdOf = (sealed: Uint8Array): string => Buffer.from(sealed.subarray(1, 17)).toString('hex');

const formTokenOf = (cookieText: string): string =>
  base64url(purposeHash('dashboard', 'form', cookieText).slice(0, 16));

/** Whether a form was made for this session. */
export const isFormOf = (session: OpenSession, token: string): boolean =>
  equalBytes(new TextEncoder().encode(token), new TextEncoder().encode(session.formToken));
