/** What oidc-provider keeps of a token, a code, a session; times in seconds since 1970. */
export interface Stored {
  readonly kind?: string;
  readonly accountId?: string;
  readonly clientId?: string;
  readonly grantId?: string;
  readonly uid?: string;
  readonly exp?: number;
  /** A token of the app itself. */
  readonly app?: { readonly oid: string; readonly tid: string; readonly audience: string; readonly roles: string[] };
  scope?: string;
  consumed?: number;
}

/** In memory, with the few look-ups that the stand-in itself needs beside those of oidc-provider. */
export interface TokenStore {
  find(model: string, id: string): Stored | undefined;
  put(model: string, id: string, stored: Stored): void;
  /** Ids of everything of this model that was ever stored. For opaque tokens and codes the id is the value. */
  everIssued(model: string): readonly string[];
  /** Removes the access and refresh tokens of an account and answers the ids of its refresh tokens. */
  removeTokensOf(accountId: string): string[];
  /** The `adapter` setting of oidc-provider. */
  readonly adapter: (model: string) => object;
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export function createTokenStore(): TokenStore {
  const models = new Map<string, Map<string, Stored>>();
  const issued = new Map<string, Set<string>>();
  const note = (model: string, id: string): void => {
    issued.set(model, (issued.get(model) ?? new Set()).add(id));
  };
  const of = (model: string): Map<string, Stored> => {
    const rows = models.get(model) ?? new Map<string, Stored>();
    models.set(model, rows);
    return rows;
  };
  const by = async (model: string, matches: (stored: Stored) => boolean) => [...of(model).values()].find(matches);

  return {
    find: (model, id) => of(model).get(id),
    put: (model, id, stored) => {
      note(model, id);
      of(model).set(id, stored);
    },
    everIssued: (model) => [...(issued.get(model) ?? [])],
    removeTokensOf(accountId) {
      const removed: string[] = [];
      for (const model of ['AccessToken', 'RefreshToken']) {
        for (const [id, stored] of of(model)) {
          if (stored.accountId !== accountId) continue;
          of(model).delete(id);
          if (model === 'RefreshToken') removed.push(id);
        }
      }
      return removed;
    },
    adapter: (model) => ({
      upsert: async (id: string, stored: Stored) => {
        note(model, id);
        of(model).set(id, stored);
      },
      find: async (id: string) => of(model).get(id),
      findByUid: (uid: string) => by(model, (stored) => stored.uid === uid),
      findByUserCode: async () => undefined,
      destroy: async (id: string) => {
        of(model).delete(id);
      },
      revokeByGrantId: async (grantId: string) => {
        for (const [id, stored] of of(model)) if (stored.grantId === grantId) of(model).delete(id);
      },
      consume: async (id: string) => {
        // Entra hands out a new refresh token at each use and leaves the old one valid; only codes are used once.
        const stored = of(model).get(id);
        if (stored !== undefined && model !== 'RefreshToken') stored.consumed = nowSeconds();
      },
    }),
  };
}
