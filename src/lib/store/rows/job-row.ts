import { z } from 'zod';
import { jobId } from '../../domain/ids.ts';
import {
  brokenRow,
  columns,
  count,
  instant,
  int64,
  json,
  packed,
  pieces,
  readColumns,
  text,
} from '../table/columns.ts';
import type { Row, StoredRow } from '../table/table.ts';
import { decodeUids, encodeUids } from './cursor-row.ts';
import { jobRowKey, parseRowKey } from './keys.ts';
import { partitionOf } from './mailbox-row.ts';
import type { DeadRow, JobRow, ReplayJob, StopJob } from './rows.ts';

const key = z.instanceof(Uint8Array).refine((value) => value.length === 16, 'not 16 bytes');

const place = z
  .tuple([z.string().regex(/^\d+$/), z.int().min(0)])
  .transform(([uidValidity, uid]) => ({ uidValidity: BigInt(uidValidity), uid }));

/** Messages that a job may be ahead of itself. */
export const mostDone = 128;

const form = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('dead'), number: int64, at: instant, key: key.optional() }),
  z.object({ kind: z.literal('stop'), number: int64, at: instant }),
  z.object({
    kind: z.literal('since'),
    number: int64,
    at: instant,
    since: instant,
    force: z.boolean().default(false),
    folder: text.default(''),
    place: json(place).optional(),
    done: pieces(4, mostDone),
    upTo: instant.optional(),
    delivered: count.default(0),
    failed: count.default(0),
    failedAt: instant.optional(),
  }),
]);

/** What someone wants to have replayed. */
export type ReplayRequest =
  | { readonly kind: 'dead'; readonly key?: Uint8Array | undefined }
  | { readonly kind: 'since'; readonly since: Date; readonly force: boolean };

/** The id of the job: the same for equal requests. */
export function idOfReplay(request: ReplayRequest): string {
  if (request.kind === 'dead') return request.key === undefined ? jobId('dead') : jobId('dead', request.key);
  return jobId('since', request.since.getTime(), request.force ? 'force' : '');
}

/** A job without progress. */
export function newJob(mailboxId: string, request: ReplayRequest, number: number, at: Date): ReplayJob {
  const job = { mailboxId, id: idOfReplay(request), number, at };
  if (request.kind === 'dead') return { ...job, kind: 'dead', key: request.key };
  const { since, force } = request;
  const progress = {
    folderId: '',
    upTo: since,
    place: undefined,
    done: [],
    delivered: 0,
    failed: 0,
    failedAt: undefined,
  };
  return { ...job, kind: 'since', since, force, progress };
}

/** A wish to give the replays up that were asked for before it. */
export const stopJob = (mailboxId: string, number: number, at: Date): StopJob => ({
  mailboxId,
  id: jobId('stop', number),
  number,
  at,
  kind: 'stop',
});

/** The replays among `jobs` that were not cancelled since. Pure. */
export function replaysAmong(jobs: readonly JobRow[]): ReplayJob[] {
  const stopped = jobs.reduce((latest, job) => (job.kind === 'stop' ? Math.max(latest, job.number) : latest), -1);
  return jobs.flatMap((job) => (job.kind === 'stop' || job.number <= stopped ? [] : [job]));
}

/** Whether a job is yet to try a message that was given up. */
export const isMeant = (job: JobRow, row: DeadRow): boolean =>
  job.kind === 'dead' &&
  (row.replay ?? 0) < job.number &&
  (job.key === undefined || Buffer.compare(job.key, row.key) === 0);

export function encodeJob(row: JobRow): Row {
  const head = { kind: row.kind, number: BigInt(row.number), at: row.at };
  return {
    partitionKey: partitionOf(row.mailboxId),
    rowKey: jobRowKey(row.mailboxId, row.id),
    values: columns({ ...head, ...ownColumns(row) }),
  };
}

function ownColumns(row: JobRow) {
  if (row.kind === 'stop') return {};
  return row.kind === 'dead' ? { key: row.key } : sinceColumns(row);
}

function sinceColumns({ since, force, progress }: Extract<JobRow, { kind: 'since' }>) {
  const { folderId, place: last, upTo, done, delivered, failed, failedAt } = progress;
  return {
    since,
    force,
    folder: folderId === '' ? undefined : folderId,
    place: last === undefined ? undefined : JSON.stringify([String(last.uidValidity), last.uid]),
    upTo,
    done: packed(encodeUids(done)),
    delivered,
    failed,
    failedAt,
  };
}

/** @throws BrokerError `row_broken` | `row_newer` */
export function decodeJob(row: StoredRow): JobRow {
  const parsed = parseRowKey(row.rowKey);
  if (parsed?.kind !== 'job') throw brokenRow(row, 'its key is not that of a job');
  const read = readColumns(row, form);
  const head = { mailboxId: parsed.mailboxId, id: parsed.jobId, number: read.number, at: read.at };
  if (read.kind === 'stop') return { ...head, kind: 'stop' };
  if (read.kind === 'dead') return { ...head, kind: 'dead', key: read.key };
  const { since, force, folder: folderId, upTo, delivered, failed, failedAt } = read;
  const done = decodeUids(read.done);
  const progress = { folderId, upTo: upTo ?? since, place: read.place, done, delivered, failed, failedAt };
  return { ...head, kind: 'since', since, force, progress };
}
