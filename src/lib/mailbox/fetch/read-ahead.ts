import type { FetchMessageObject } from 'imapflow';
import type { MessageMeta } from '../../domain/mail/message.ts';
import type { FetchVerb } from '../session/fetch-verb.ts';
import type { ReadCaps } from '../session/session.ts';
import { refusedHere } from './fetch-meta.ts';
import { firstQuestion, isSmall } from './read-message.ts';
import { uidSet } from './uid-set.ts';

/** Small messages, fetched together with the one that was asked for before them. */
export interface ReadAhead {
  /** Metadata that were just handed out, in the order in which their messages will be read. */
  expect(path: string, metas: readonly MessageMeta[]): void;
  /** The answer for a small message, from memory or fetched now with those that come next; undefined: ask for it alone. */
  answerFor(fetch: FetchVerb, path: string, meta: MessageMeta, caps: ReadCaps): Promise<FetchMessageObject | undefined>;
  /** What is known of a folder, or of all, no longer counts. */
  forget(path?: string): void;
}

// One round trip for so many: it no longer matters beside the delivery of each. What is read ahead and then not wanted,
// because the turn of the mailbox ends or its destination is held, costs no more than these.
const mostMessages = 25;
const mostBytes = 384 * 1024;

/**
 * Reads small messages ahead. Who reads a folder asks for the metadata of many messages and then reads them one by one;
 * a round trip for each of these would be most of the time and half of the work. Nothing relies on it: a message that
 * did not come with the others is asked for alone.
 */
export function createReadAhead(): ReadAhead {
  let expected: { readonly path: string; readonly metas: readonly MessageMeta[] } | undefined;
  let kept:
    | { readonly path: string; readonly capBytes: number; readonly answers: Map<number, FetchMessageObject> }
    | undefined;

  /** The message and the small ones after it, as many as fit. */
  const together = (path: string, meta: MessageMeta): MessageMeta[] => {
    const metas = expected?.path === path ? expected.metas : [];
    const at = metas.findIndex(({ uid }) => uid === meta.uid);
    if (at < 0) return [meta];
    let bytes = 0;
    const wanted: MessageMeta[] = [];
    for (const next of metas.slice(at)) {
      if (!isSmall(next)) continue;
      bytes += next.size;
      if (wanted.length === mostMessages || (bytes > mostBytes && wanted.length > 0)) break;
      wanted.push(next);
    }
    return wanted;
  };

  return {
    expect: (path, metas) => {
      expected = { path, metas };
    },

    answerFor: async (fetch, path, meta, caps) => {
      if (caps.alone === true || !isSmall(meta)) return undefined;
      const known = kept?.path === path && kept.capBytes === caps.capBytes ? kept.answers.get(meta.uid) : undefined;
      if (known !== undefined) {
        kept?.answers.delete(meta.uid);
        return known;
      }
      const wanted = together(path, meta);
      if (wanted.length < 2) return undefined;
      const uids = wanted.map(({ uid }) => uid);
      const answer = await fetch(uidSet(uids), firstQuestion(meta, caps)).catch(refusedHere);
      const answers = new Map<number, FetchMessageObject>();
      for (const message of answer?.messages ?? []) {
        // One without its text, or with none of it, may only have failed in the crowd.
        if (uids.includes(message.uid) && (message.source?.length ?? 0) > 0) answers.set(message.uid, message);
      }
      // What did not come this time is not asked for in a crowd again.
      expected = { path, metas: (expected?.metas ?? []).filter(({ uid }) => !uids.includes(uid)) };
      kept = { path, capBytes: caps.capBytes, answers };
      const own = answers.get(meta.uid);
      answers.delete(meta.uid);
      return own;
    },

    forget: (path) => {
      if (path === undefined || expected?.path === path) expected = undefined;
      if (path === undefined || kept?.path === path) kept = undefined;
    },
  };
}
