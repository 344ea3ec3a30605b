/** Folders of a mailbox as Exchange names them in an English mailbox; it announces no special uses (RFC 6154). */
export const exchangeFolders = ['Sent Items', 'Drafts', 'Archive', 'Junk Email', 'Deleted Items'] as const;

/** What a mailbox server of ours needs of the Entra stand-in to let someone in. */
export interface TokenFactsReader {
  introspect(token: string): Promise<
    | {
        readonly username: string;
        readonly tid?: string;
        readonly audience: string;
        readonly scopes: readonly string[];
        readonly roles?: readonly string[];
      }
    | undefined
  >;
}

/** User and token of a XOAUTH2 answer: `user=<u>^Aauth=Bearer <t>^A^A`, in base64. */
export function parseXoauth2(answer: string): { readonly user: string; readonly token: string } | undefined {
  const text = Buffer.from(answer, 'base64').toString();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the protocol separates with ^A.
  const [, user, token] = /^user=([^\u0001]+)\u0001auth=Bearer ([^\u0001]+)\u0001\u0001$/i.exec(text) ?? [];
  return user === undefined || token === undefined ? undefined : { user, token };
}
