import { z } from 'zod';
import { wayNames } from '../../domain/submission.ts';
import type { StoredCode } from '../../error-codes.ts';
import { code, columns, count, instant, json, readColumns, text } from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { lanePartition, reopeningKey } from './submission-keys.ts';

/** Nothing is sent before `until`. */
export interface Hold {
  readonly code: StoredCode;
  readonly until: Date;
}

/** A way that was shut when it was last tried. */
export interface ShutWay {
  readonly way: (typeof wayNames)[number];
  readonly code: StoredCode;
  readonly at: Date;
  /** Only for this mailbox of the account; undefined: for all. */
  readonly mailboxId?: string | undefined;
}

/** Messages and recipients of one hour. */
export interface HourOfSending {
  /** Whole hours since 1970. */
  readonly hour: number;
  readonly recipients: number;
}

/** The account that sends: its lease, its pace, and what is known of its ways out. */
export interface LaneRow {
  readonly lane: string;
  /** Random per run; '' when released. */
  readonly owner: string;
  /** Rises with every run. */
  readonly epoch: number;
  /** Server time until which the lease holds. */
  readonly until: Date;
  /** When the attempts of the last minute were marked. */
  readonly recent: readonly Date[];
  /** Recipients of the last day. */
  readonly hours: readonly HourOfSending[];
  readonly hold: Hold | undefined;
  readonly shut: readonly ShutWay[];
}

const date = z.iso.datetime().transform((at) => new Date(at));

const form = z.object({
  owner: text,
  epoch: count,
  until: instant,
  recent: json(z.array(date)).default([]),
  hours: json(z.array(z.object({ hour: z.number(), recipients: z.number() }))).default([]),
  holdCode: code.optional(),
  holdUntil: instant.optional(),
  shut: json(z.array(z.object({ way: z.enum(wayNames), code, at: date, mailboxId: z.string().optional() }))).default(
    [],
  ),
});

const list = (items: readonly unknown[]): string | undefined =>
  items.length === 0 ? undefined : JSON.stringify(items);

export const encodeLane = ({ lane, owner, epoch, until, recent, hours, hold, shut }: LaneRow): Row => ({
  partitionKey: lanePartition,
  rowKey: lane,
  values: columns({
    owner,
    epoch,
    until,
    recent: list(recent),
    hours: list(hours),
    holdCode: hold?.code,
    holdUntil: hold?.until,
    shut: list(shut),
  }),
});

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeLane(row: StoredRow): LaneRow {
  const { holdCode, holdUntil, ...read } = readColumns(row, form);
  const hold = holdCode === undefined || holdUntil === undefined ? undefined : { code: holdCode, until: holdUntil };
  return { lane: row.rowKey, ...read, hold };
}

const holdForm = z.object({ code, until: instant });

/** A hold of a whole tenant, or of an account for what a bounce said: in a row of its own, which anyone may write. */
export const encodeHold = (rowKey: string, hold: Hold): Row => ({
  partitionKey: lanePartition,
  rowKey,
  values: columns({ ...hold }),
});

/** @throws BrokerError `row_broken` | `row_newer` */
export const decodeHold = (row: StoredRow): Hold => readColumns(row, holdForm);

const reopeningForm = z.object({ at: instant });

/** When an account was put right, after which ways that were shut are tried again. */
export const encodeReopening = (lane: string, at: Date): Row => ({
  partitionKey: lanePartition,
  rowKey: reopeningKey(lane),
  values: columns({ at }),
});

/** @throws BrokerError `row_broken` | `row_newer` */
export const decodeReopening = (row: StoredRow): Date => readColumns(row, reopeningForm).at;
