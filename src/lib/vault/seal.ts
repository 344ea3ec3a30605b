import { createCipheriv, createDecipheriv } from 'node:crypto';
import { purposeBytes } from '../domain/bytes.ts';
import type { Random } from '../domain/clock.ts';
import type { Sealer, SealPlace } from '../domain/sealing.ts';
import { BrokerError } from '../errors.ts';
import type { SealKeys } from './types.ts';

const version = 1;
const kidBytes = 16;
const saltBytes = 16;
const ivBytes = 12;
const tagBytes = 16;
const headBytes = 1 + kidBytes + saltBytes + ivBytes;

/**
 * `01 | kid 16 | salt 16 | iv 12 | ciphertext | tag 16`, AES-256-GCM. The salt gives every write a key of its own, so
 * there is no limit on the number of messages under one. Authenticated with it: where the value lies, and the kid.
 * That an old value was put back into its own place is not noticed.
 */
export function createSealer(deps: { readonly keys: SealKeys; readonly random: Random }): Sealer {
  const { keys, random } = deps;
  return {
    async seal(place, plain) {
      const salt = random.bytes(saltBytes);
      const iv = random.bytes(ivBytes);
      const { kid, key } = await keys.currentSealKey(salt);
      const kidRaw = Buffer.from(kid, 'hex');
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
      cipher.setAAD(additionalData(place, kidRaw));
      const body = [cipher.update(plain), cipher.final()];
      return new Uint8Array(Buffer.concat([Uint8Array.of(version), kidRaw, salt, iv, ...body, cipher.getAuthTag()]));
    },

    async open(place, sealed) {
      const parts = split(sealed);
      const key = parts === undefined ? undefined : await keys.sealKey(hex(parts.kid), parts.salt);
      if (parts === undefined || key === undefined) throw new BrokerError('seal_broken');
      // Without authTagLength a tag cut down to 4 bytes would do.
      const decipher = createDecipheriv('aes-256-gcm', key, parts.iv, { authTagLength: tagBytes });
      decipher.setAAD(additionalData(place, parts.kid));
      decipher.setAuthTag(parts.tag);
      try {
        return new Uint8Array(Buffer.concat([decipher.update(parts.body), decipher.final()]));
      } catch (cause) {
        throw new BrokerError('seal_broken', { cause });
      }
    },

    async needsReseal(sealed) {
      const parts = split(sealed);
      return parts === undefined || hex(parts.kid) !== (await keys.currentKid());
    },
  };
}

function additionalData(place: SealPlace, kid: Uint8Array): Uint8Array {
  return purposeBytes('seal', place.table, place.partitionKey, place.rowKey, place.column, kid);
}

function split(sealed: Uint8Array) {
  if (sealed.length < headBytes + tagBytes || sealed[0] !== version) return undefined;
  const salt = 1 + kidBytes;
  const iv = salt + saltBytes;
  const tag = sealed.length - tagBytes;
  return {
    kid: sealed.subarray(1, salt),
    salt: sealed.subarray(salt, iv),
    iv: sealed.subarray(iv, headBytes),
    body: sealed.subarray(headBytes, tag),
    tag: sealed.subarray(tag),
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
