import { base64url, sha256 } from '../domain/bytes.ts';
import type { Clock } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CredentialSource } from './credential.ts';

/** One voice for all instances: what store/deployment/notices.ts keeps. */
export interface OutageNotices {
  claim(id: string, forMs: number): Promise<boolean>;
  touch(id: string): Promise<void>;
  clear(id: string): Promise<void>;
}

/**
 * Stops all token requests while Microsoft refuses the app itself (a wrong or expired client secret): hundreds of
 * mailboxes would otherwise fail one by one and be blamed for it. `circuit.opened` is logged as an error by the
 * instance that notices first, which is what an alert listens for; the others log `circuit.joined`.
 */
export interface Circuit {
  /** @throws BrokerError the failure that opened it, while it is open and this request is not its probe */
  pass(): Promise<void>;
  /** Microsoft refused the app, with this version of its credential. Never throws. */
  refused(error: BrokerError, version: string): Promise<void>;
  /** Microsoft accepted the app. Never throws. */
  accepted(): Promise<void>;
  /** True while open because of this version of the credential. */
  isOpenFor(version: string): boolean;
}

// A fixed app registration is not told to us: one request now and then finds out.
const probeEveryMs = 5 * 60_000;
// A fixed secret is seen in Key Vault, within a minute and at the price of one read a minute.
const lookEveryMs = 60_000;

// Instances that are in it touch the notice with each probe; after this long without any, an outage is another one.
const sameOutageMs = 30 * 60_000;

interface Open {
  readonly error: BrokerError;
  readonly version: string;
  probeAt: number;
  lookAt: number;
  /** When the notice was last claimed or touched. */
  toldAt: number;
  /** A look into the vault that is under way; true if it found another version. */
  look: Promise<boolean> | undefined;
}

const noticeOf = (version: string): string => `entra!${base64url(sha256(version)).slice(0, 16)}`;

export function createCircuit(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly credential: CredentialSource;
  readonly notices: OutageNotices;
}): Circuit {
  const { clock, log, credential, notices } = deps;
  let open: Open | undefined;

  const close = async (why: string): Promise<void> => {
    const was = open;
    if (was === undefined) return;
    open = undefined;
    log.info('circuit.closed', { why, code: was.error.code });
    try {
      await notices.clear(noticeOf(was.version));
    } catch (error) {
      // It is forgotten after half an hour anyway.
      log.error('circuit.notice_failed', error);
    }
  };

  /** True if this outage was not announced yet; also if that is unknown, since twice is better than never. */
  const isFirst = async (version: string): Promise<boolean> => {
    try {
      if (await notices.claim(noticeOf(version), sameOutageMs)) return true;
      await notices.touch(noticeOf(version));
      return false;
    } catch (error) {
      log.error('circuit.notice_failed', error);
      return true;
    }
  };

  const hasNewVersion = async (version: string): Promise<boolean> => {
    try {
      return (await credential.fresh()).version !== version;
    } catch (error) {
      log.error('circuit.check_failed', error);
      return false;
    }
  };

  return {
    async pass() {
      const was = open;
      if (was === undefined) return;
      const now = clock.monotonic();
      if (now >= was.probeAt) {
        was.probeAt = now + probeEveryMs;
        return;
      }
      if (now >= was.lookAt) {
        was.lookAt = now + lookEveryMs;
        was.look = hasNewVersion(was.version);
      }
      // Requests during a look wait for its result and continue together.
      if (was.look !== undefined) {
        if (await was.look) {
          if (open === was) await close('new credential');
          return;
        }
        was.look = undefined;
      }
      throw new BrokerError(was.error.code, {
        cause: was.error,
        retry: { afterMs: Math.max(0, Math.min(was.probeAt, was.lookAt) - now) },
      });
    },
    async refused(error, version) {
      const now = clock.monotonic();
      const known = open?.version === version ? open : undefined;
      if (known === undefined) {
        open = { error, version, probeAt: now + probeEveryMs, lookAt: now + lookEveryMs, toldAt: now, look: undefined };
      } else if (now - known.toldAt < probeEveryMs) {
        // Refused again with the same credential: nothing new, and no reason to put off the next probe.
        return;
      } else {
        known.toldAt = now;
      }
      const fields = { credentialVersion: version, remedy: error.remedy };
      if (await isFirst(version)) log.error('circuit.opened', error, fields);
      else if (known === undefined) log.warn('circuit.joined', { code: error.code, ...fields });
    },
    accepted: () => close('accepted'),
    isOpenFor: (version) => open?.version === version,
  };
}
