/** An address that a client connects to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/** What `npm start` and `npm run services` print after READY and write to .local/stack.json. */
export interface Stack {
  /** `http://localhost:7071/api` */
  readonly broker: string;
  /** Has every scope, in the local world only. */
  readonly adminKey: string;
  readonly entra: string;
  readonly imap: Endpoint;
  readonly smtp: Endpoint;
  /** The link by which a person connects the next demo user; absent from `npm run services`. */
  readonly connectUrl?: string;
  readonly nocobase: string;
  readonly events: string;
  readonly webhookSecret: string;
  /** Path of the CA certificate (PEM) that the https stand-ins' certificates are signed by. */
  readonly ca: string;
  readonly users: readonly string[];
}
