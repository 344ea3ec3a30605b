import type { Clock } from '../domain/clock.ts';
import { BrokerError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CredentialSource } from './credential.ts';

/**
 * Stops all token requests while Microsoft refuses the app itself (a wrong or expired client secret): hundreds of
 * mailboxes would otherwise fail one by one and be blamed for it. One log line when it opens, one when it closes.
 */
export interface Circuit {
  /** @throws BrokerError the failure that opened it, while it is open and this request is not its probe */
  pass(): Promise<void>;
  /** Microsoft refused the app, with this version of its credential. */
  refused(error: BrokerError, version: string): void;
  /** Microsoft accepted the app. */
  accepted(): void;
  /** True while open because of this version of the credential. */
  isOpenFor(version: string): boolean;
}

// A mended app registration is not told to us: one request now and then finds out.
const probeEveryMs = 5 * 60_000;
// A mended secret is seen in Key Vault, within a minute and at the price of one read a minute.
const lookEveryMs = 60_000;

interface Open {
  readonly error: BrokerError;
  readonly version: string;
  probeAt: number;
  lookAt: number;
}

export function createCircuit(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly credential: CredentialSource;
}): Circuit {
  const { clock, log, credential } = deps;
  let open: Open | undefined;

  const close = (why: string) => {
    if (open === undefined) return;
    log.info('entra_circuit_closed', { why, code: open.error.code });
    open = undefined;
  };

  const hasNewVersion = async (version: string): Promise<boolean> => {
    try {
      return (await credential.fresh()).version !== version;
    } catch (error) {
      log.error('entra_circuit_look', error);
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
        if (await hasNewVersion(was.version)) {
          if (open === was) close('new credential');
          return;
        }
      }
      throw new BrokerError(was.error.code, {
        cause: was.error,
        retry: { afterMs: Math.max(0, Math.min(was.probeAt, was.lookAt) - now) },
      });
    },
    refused(error, version) {
      // Refused again with the same credential: nothing new, and no reason to put off the next probe.
      if (open?.version === version) return;
      const now = clock.monotonic();
      log.error('entra_circuit_open', error, { credentialVersion: version, remedy: error.remedy });
      open = { error, version, probeAt: now + probeEveryMs, lookAt: now + lookEveryMs };
    },
    accepted: () => close('accepted'),
    isOpenFor: (version) => open?.version === version,
  };
}
