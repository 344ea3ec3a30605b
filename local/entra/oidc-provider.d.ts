/** The part of oidc-provider that the Entra stand-in uses; the package carries no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  export interface Client {
    readonly clientId: string;
    readonly redirectUris: readonly string[];
  }

  /** A Koa context with the provider's own part in it. */
  export interface ProviderContext {
    readonly req: IncomingMessage;
    readonly path: string;
    status: number;
    type: string;
    body: unknown;
    set(name: string, value: string): void;
    readonly oidc?: {
      readonly route: string;
      readonly client?: Client;
      readonly params?: Readonly<Record<string, string | undefined>>;
      readonly result?: { readonly login?: { readonly accountId: string } };
      readonly session?: { readonly accountId?: string };
      readonly entities: { readonly Account?: { readonly accountId: string } };
    };
  }

  export interface Interaction {
    readonly uid: string;
    readonly returnTo: string;
    readonly params: Readonly<Record<string, string | undefined>>;
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  export interface ProviderError extends Error {
    readonly error: string;
    readonly error_description?: string;
    readonly error_detail?: string;
  }

  export default class Provider {
    constructor(issuer: string, configuration: object);
    readonly Grant: new (owner: {
      clientId: string;
      accountId: string;
    }) => Grant;
    readonly Client: { prototype: { redirectUriAllowed(this: Client, uri: string): boolean } };
    readonly AccessToken: { prototype: { generateTokenId(this: { readonly accountId?: string }): string } };
    callback(): RequestListener;
    use(middleware: (context: ProviderContext, next: () => Promise<void>) => Promise<void>): this;
    on(event: 'grant.error', listener: (context: ProviderContext, error: ProviderError) => void): this;
    on(event: 'server_error', listener: (context: ProviderContext, error: Error) => void): this;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionResult(request: IncomingMessage, response: ServerResponse, result: object): Promise<string>;
  }
}
