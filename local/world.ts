import type { IdentityStandIn, VaultStandIn } from './azure/stand-ins.ts';
import type { DemoUser, EntraStandIn } from './entra/stand-in.ts';
import type { GraphStandIn } from './graph/stand-in.ts';
import type { EmbeddedImap, MailServer, SmtpServer } from './mail/stand-ins.ts';
import type { NocobaseStandIn } from './nocobase/stand-in.ts';
import type { Running } from './running.ts';
import type { Stack } from './stack.ts';

/** Every stand-in by its name. */
export interface StandIns {
  readonly entra: EntraStandIn;
  readonly vault: VaultStandIn;
  readonly identity: IdentityStandIn;
  readonly imap: EmbeddedImap | MailServer;
  readonly smtp: SmtpServer;
  readonly graph: GraphStandIn;
  readonly nocobase: NocobaseStandIn;
}

export interface ServiceOptions {
  /** `embedded` if left out. */
  readonly imap?: 'embedded' | 'dovecot';
  /** A known `login_hint` signs in without a page. */
  readonly autoSignIn?: boolean;
  /** Where the functions will listen: 7071 if left out. The services only tell others about it. */
  readonly brokerPort?: number;
  /** Folder of everything that is written: `.local` if left out. */
  readonly stateDir?: string;
  /** Ports by the name of the listener; free ones where left out. */
  readonly ports?: Partial<ServicePorts>;
  /**
   * Settings given by the person. Each wins over ours, and the stand-in that it replaces is not started
   * (AUTHORITY_HOST or a CLIENT_ID: no Entra and no Graph; KEY_VAULT_URL: no vault; IMAP_HOST: no IMAP and SMTP; TABLES_…: no tables).
   */
  readonly given?: Readonly<Record<string, string | undefined>>;
  /** POLL_INTERVAL, 5 s if left out. */
  readonly pollIntervalSeconds?: number;
  /** How long access tokens last: as at Entra, 60 to 90 minutes, if left out. */
  readonly accessTokenSeconds?: number;
  readonly users?: readonly DemoUser[];
  /** Mailboxes that the app itself may use at Graph; those of the demo if left out. */
  readonly appMailboxes?: readonly string[];
  /** Puts the demo messages into the mailboxes before anyone connects; true if left out. */
  readonly demoMail?: boolean;
}

export interface ServicePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
  readonly entra: number;
  readonly entraPages: number;
  readonly identity: number;
  readonly vault: number;
  readonly imap: number;
  readonly smtp: number;
  readonly graph: number;
  readonly nocobase: number;
}

/** The local world without the host: what `startServices(options: ServiceOptions): Promise<Services>` in services.ts answers. */
export interface Services extends Running {
  /** Every setting of src/lib/config.ts, and what the Functions runtime needs (AzureWebJobsStorage, IDENTITY_ENDPOINT, …). */
  readonly settings: Readonly<Record<string, string>>;
  /** Complete but for `connectUrl`, which only a running host can give. */
  readonly stack: Stack;
  readonly users: readonly DemoUser[];
  /** Connection string of the emulator's tables and queues (or the person's own). */
  readonly storageConnectionString: string;
  /** The destination that the NocoBase stand-in receives for. */
  readonly destinationId: string;
  /** What was started; a stand-in that a real setting replaces is absent. */
  readonly standIns: Partial<StandIns> & Pick<StandIns, 'nocobase'>;
  readonly ports: Partial<ServicePorts>;
}
