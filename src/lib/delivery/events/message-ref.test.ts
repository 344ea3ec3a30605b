import { describe, expect, it } from 'vitest';
import vectors from '../../../../test/vectors.json' with { type: 'json' };
import { base64url, fromBase64url } from '../../domain/bytes.ts';
import { decodeMessageRef, encodeMessageRef } from './message-ref.ts';

const ref = {
  folderId: vectors.messageRefFolderId,
  uidValidity: BigInt(vectors.messageRefUidValidity),
  uid: vectors.messageRefUid,
  hash: fromBase64url(vectors.messageRefHash),
  day: vectors.messageRefDay,
};

describe('a messageRef', () => {
  it('is written as it always was', () => {
    expect(encodeMessageRef(ref)).toBe(vectors.messageRef);
    expect(decodeMessageRef(vectors.messageRef)).toEqual(ref);
  });

  it('keeps the largest values', () => {
    const largest = { ...ref, uidValidity: 0xffff_ffff_ffff_ffffn, uid: 0xffff_ffff, day: 0xffff };
    expect(decodeMessageRef(encodeMessageRef(largest))).toEqual(largest);
  });

  it.each([
    ['nothing', ''],
    ['other characters', `${vectors.messageRef.slice(0, -1)}=`],
    ['one cut short', vectors.messageRef.slice(0, -4)],
    ['one that is longer', `${vectors.messageRef}AAAA`],
    ['another version', base64url(Uint8Array.from([2, ...fromBase64url(vectors.messageRef).slice(1)]))],
    ['a folder id with a path in it', encodeMessageRef({ ...ref, folderId: '../../ab' })],
    ['a folder id cut short', encodeMessageRef({ ...ref, folderId: 'f1' })],
    ['bits behind its end', `${vectors.messageRef.slice(0, -1)}_`],
  ])('is not read from %s', (_what, text) => {
    expect(decodeMessageRef(text)).toBeUndefined();
  });
});
