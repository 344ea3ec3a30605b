import { z } from 'zod';
import { storedCode } from '../../error-codes.ts';
import { BrokerError, isBrokerError } from '../../errors.ts';
import type { StoredRow, Values } from './table.ts';

/**
 * Version of the row shapes, in every row. A worker leaves a shard whose `!` is newer than it knows, and refuses rows that
 * are older: in those of version 1 messages are known by their Message-ID alone, by which mail is lost.
 */
export const rowVersion = 2;

/** Column of an integer that may exceed 31 bits: a bigint in the table, a number in the code. */
export const int64 = z
  .bigint()
  .refine((value) => value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER), 'too large')
  .transform(Number);

/** A UID or another unsigned 32-bit number. */
export const uint32 = int64.refine((value) => value >= 0 && value <= 0xffff_ffff, 'not an unsigned 32-bit number');

export const int32 = z.int32();

export const count = z.int32().min(0);

export const instant = z.date();

export const text = z.string();

/** An error code. */
export const code = z.string().transform(storedCode);

/** Binary columns; `bytes(n)` only in whole pieces of n bytes, at most `most` of them. An absent column is empty. */
export const pieces = (size: number, most: number) =>
  z
    .instanceof(Uint8Array)
    .default(() => new Uint8Array())
    .refine((value) => value.length % size === 0, `not in pieces of ${size} bytes`)
    .refine((value) => value.length <= size * most, `more than ${most} pieces`);

/** A column that holds JSON of the given form. */
export const json = <T extends z.ZodType>(schema: T) =>
  z.string().transform((value, context): z.output<T> => {
    try {
      const parsed = schema.safeParse(JSON.parse(value));
      if (parsed.success) return parsed.data;
    } catch {
      // Told below like any other fault of form.
    }
    context.addIssue({ code: 'custom', message: 'not JSON of the expected form' });
    return z.NEVER;
  });

/**
 * The columns of a row, checked.
 * @throws BrokerError `row_broken`, naming the row and its faulty columns, never their values; `row_newer` if a newer
 * version of the broker wrote it
 */
export function readColumns<T extends z.ZodType>(row: StoredRow, schema: T): z.output<T> {
  const version = row.values.v;
  if (typeof version === 'number' && version > rowVersion) {
    throw new BrokerError('row_newer', {
      detail: `The row ${row.partitionKey} ${row.rowKey} is of version ${version}.`,
    });
  }
  const parsed = schema.safeParse(row.values);
  if (parsed.success && version === rowVersion) return parsed.data;
  const faults = parsed.success
    ? ['v']
    : parsed.error.issues.map((issue) => `${issue.path.join('.') || 'row'} (${issue.message})`);
  throw brokenRow(row, faults.join(', '));
}

/** The error of a row that is not in the expected form. `what` names columns and faults, never values. */
export const brokenRow = (row: { readonly partitionKey: string; readonly rowKey: string }, what: string) =>
  new BrokerError('row_broken', {
    detail: `The row ${row.partitionKey} ${row.rowKey} does not have the expected form: ${what}.`,
  });

/** The columns of a row that is written: with the version, without those that hold nothing. */
export function columns(values: Values): Values {
  return Object.fromEntries([['v', rowVersion], ...Object.entries(values).filter(([, value]) => value !== undefined)]);
}

// A text property holds at most 64 KiB in UTF-16 (Table service data model); the last character of a piece may move on.
const longestPiece = 32 * 1024 - 1;

/** A text of any length as columns `name`, `name1`, `name2` and so on; none of them is cut within a character. */
export function textColumns(name: string, value: string | undefined): Values {
  const pieces: Record<string, string | undefined> = { [name]: value };
  for (let at = 0, index = 0; value !== undefined && at < value.length; index++) {
    const end = at + longestPiece;
    const isCutWithin = end < value.length && /[\uD800-\uDBFF]/.test(value.charAt(end - 1));
    const next = isCutWithin ? end - 1 : end;
    pieces[index === 0 ? name : `${name}${index}`] = value.slice(at, next);
    at = next;
  }
  return pieces;
}

/** The counterpart of {@link textColumns}: the row with the whole text in its first column. */
export function withWholeText(row: StoredRow, name: string): StoredRow {
  let whole = row.values[name];
  for (let index = 1; typeof whole === 'string'; index++) {
    const piece = row.values[`${name}${index}`];
    if (typeof piece !== 'string') break;
    whole += piece;
  }
  return whole === undefined ? row : { ...row, values: { ...row.values, [name]: whole } };
}

/**
 * What `decode` makes of a row; undefined for a row that is broken or of a newer version, which must not keep the others.
 * @param onUnreadable gets the error of such a row
 */
export function unlessUnreadable<T>(decode: () => T, onUnreadable?: (error: BrokerError) => void): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (!isBrokerError(error, 'row_broken', 'row_newer')) throw error;
    onUnreadable?.(error);
    return undefined;
  }
}

/** A binary column, absent when it holds nothing. */
export const packed = (bytes: Uint8Array): Uint8Array | undefined => (bytes.length === 0 ? undefined : bytes);

/** `pieces` of `size` bytes, each read by `read`. */
export function unpack<T>(bytes: Uint8Array, size: number, read: (view: DataView, offset: number) => T): T[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / size }, (_, index) => read(view, index * size));
}

/** The counterpart of {@link unpack}. All numbers are big-endian. */
export function pack<T>(
  items: readonly T[],
  size: number,
  write: (view: DataView, offset: number, item: T) => void,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(items.length * size);
  const view = new DataView(bytes.buffer);
  items.forEach((item, index) => {
    write(view, index * size, item);
  });
  return bytes;
}

/** An instant in six bytes: milliseconds since 1970; one before that is taken for 1970. */
export function putInstant(view: DataView, at: number, instant: Date): void {
  const ms = Math.max(0, instant.getTime());
  view.setUint16(at, Math.floor(ms / 0x1_0000_0000));
  view.setUint32(at + 2, ms % 0x1_0000_0000);
}

export const getInstant = (view: DataView, at: number): Date =>
  new Date(view.getUint16(at) * 0x1_0000_0000 + view.getUint32(at + 2));
