import type { ConfidentialClientApplication, Configuration } from '@azure/msal-node';
import type { Config } from '../config.ts';
import type { Clock } from '../domain/clock.ts';
import type { BrokerError, ErrorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { createCircuit, type OutageNotices } from './circuit.ts';
import { failureClass, msalError, type Phase } from './classify.ts';
import type { ClientCredential, CredentialSource } from './credential.ts';
import { createNetwork, type Network } from './network.ts';

export interface EntraClientDeps {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly credential: CredentialSource;
  readonly notices: OutageNotices;
}

export interface Operation<T> {
  readonly phase: Phase;
  /** True if a refusal of the app, for any reason, means that no mailbox can be read: then all renewals stop. */
  readonly isDecisive: boolean;
  /** A tenant id, `consumers`, `organizations` or `common`. */
  readonly tenant: string;
  /** True if it goes out although Microsoft refused the app before: a person asks whether that is still so. */
  readonly isProbe?: boolean;
  /** Awaited before every token request; throws where none may be sent. */
  readonly gate?: () => Promise<void>;
  run(app: ConfidentialClientApplication): Promise<T>;
}

/** MSAL, one new application an operation, with our network and our reading of its errors. */
export interface EntraClient {
  /**
   * Runs an operation. If Microsoft refuses the app's credential, it is read past the cache and the operation run once
   * more; if that is refused too, every token request of this process stops until the credential is fixed.
   * @throws BrokerError by the class of the failure
   */
  run<T>(operation: Operation<T>): Promise<T>;
  /** MSAL's configuration without a credential: enough to build an address to send a browser to. */
  publicConfiguration(tenant: string): { readonly configuration: Configuration; readonly network: Network };
}

// Hosts whose metadata MSAL knows by heart; any other has to be called known.
const microsoftHosts = ['login.microsoftonline.com', 'login.microsoftonline.us', 'login.partner.microsoftonline.cn'];

// What else may be wrong with the app (a redirect address when a person signs in, a scope of Graph) need not concern mail.
const credentialCodes: readonly ErrorCode[] = [
  'client_secret_invalid',
  'client_secret_expired',
  'client_credential_refused',
  'federation_refused',
];

export function createEntraClient(
  config: Pick<Config['entra'], 'authorityHost' | 'clientId'>,
  deps: EntraClientDeps,
): EntraClient {
  const { credential: credentials } = deps;
  const circuit = createCircuit(deps);
  const { host } = new URL(config.authorityHost);

  const configure = (tenant: string, network: Network): Configuration => ({
    auth: {
      clientId: config.clientId,
      authority: `${config.authorityHost}/${tenant}`,
      knownAuthorities: microsoftHosts.includes(host) ? [] : [host],
    },
    // Without an object of its own MSAL throws; what it has to say is in its errors.
    system: { networkClient: network.module, loggerOptions: { piiLoggingEnabled: false, loggerCallback: () => {} } },
  });

  /** A new application each time: one that is shared mixes the caches of accounts that refresh at the same moment. */
  const attempt = async <T>(operation: Operation<T>, credential: ClientCredential, behindCircuit: boolean) => {
    const { ConfidentialClientApplication } = await import('@azure/msal-node');
    const gate = async () => {
      await operation.gate?.();
      if (behindCircuit) await circuit.pass();
    };
    const network = createNetwork({ fetch: deps.fetch, clock: deps.clock, gate });
    const { auth, ...rest } = configure(operation.tenant, network);
    try {
      const app = new ConfidentialClientApplication({ ...rest, auth: { ...auth, ...credential.auth } });
      const result = await operation.run(app);
      if (network.posts() > 0) await circuit.accepted();
      return result;
    } catch (error) {
      throw network.failure() ?? msalError(error, operation.phase, network.claims());
    }
  };

  const isRefusal = (error: unknown): error is BrokerError => failureClass(msalError(error, 'renew').code) === 'owner';

  return {
    async run(operation) {
      // A person at the browser is the best probe there is; renewals wait for the circuit.
      const behindCircuit = operation.phase !== 'sign-in' && operation.isProbe !== true;
      const credential = await credentials.current();
      try {
        return await attempt(operation, credential, behindCircuit);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        if (behindCircuit && circuit.isOpenFor(credential.version)) {
          await circuit.refused(error, credential.version);
          throw error;
        }
      }
      const fresh = await credentials.fresh();
      try {
        return await attempt(operation, fresh, behindCircuit);
      } catch (error) {
        if (isRefusal(error) && (operation.isDecisive || credentialCodes.includes(error.code))) {
          await circuit.refused(error, fresh.version);
        }
        throw error;
      }
    },
    publicConfiguration(tenant) {
      const network = createNetwork({ fetch: deps.fetch, clock: deps.clock });
      return { configuration: configure(tenant, network), network };
    },
  };
}
