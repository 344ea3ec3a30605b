import type { FetchMessageObject, FetchQueryObject } from 'imapflow';

/**
 * UID FETCH in the selected folder, all answers collected before it resolves (imapflow hangs if another command is given
 * while answers are still being handed out).
 * @throws BrokerError `imap_unexpected` if the server refuses just this, any other code if the session is in trouble
 */
export type FetchVerb = (range: string, query: FetchQueryObject) => Promise<FetchAnswer>;

export interface FetchAnswer {
  /** One for each UID. An answer without a UID is about another client's change, and is kept separate. */
  readonly messages: readonly FetchMessageObject[];
  /** Lines that imapflow could not parse; each may have been the answer for a message. */
  readonly skippedLines: number;
}

/**
 * Joins several answers about one message, as imapflow does for a single message only: a server may split an answer,
 * and reports a flag that changes meanwhile in a separate one. By UID, since sequence numbers shift when a message is
 * expunged meanwhile.
 */
export function joined(rows: readonly FetchMessageObject[]): FetchMessageObject[] {
  const byUid = new Map<number, FetchMessageObject>();
  const others: FetchMessageObject[] = [];
  for (const row of rows.map(withoutNil)) {
    const known = byUid.get(row.uid);
    if (typeof row.uid !== 'number') others.push(row);
    else if (known === undefined) byUid.set(row.uid, row);
    else byUid.set(row.uid, join(known, row));
  }
  return [...byUid.values(), ...others];
}

function join(known: FetchMessageObject, row: FetchMessageObject): FetchMessageObject {
  const parts = [...(known.bodyParts ?? []), ...(row.bodyParts ?? [])];
  return { ...known, ...row, ...(parts.length === 0 ? {} : { bodyParts: new Map(parts) }) };
}

/** imapflow turns NIL into `false`, contrary to its types. NIL is no answer. */
function withoutNil({ headers, source, ...rest }: FetchMessageObject): FetchMessageObject {
  return {
    ...rest,
    ...(Buffer.isBuffer(headers) ? { headers } : {}),
    ...(Buffer.isBuffer(source) ? { source } : {}),
  };
}
