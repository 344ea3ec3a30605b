import { hourMs } from '../../domain/duration.ts';
import { pack, unpack } from '../table/columns.ts';
import type { HourCounts } from './rows.ts';

/** One day. They ride in `!`, which every commit writes anyway: no row, and no write, is theirs alone. */
export const hoursKept = 24;
export const hourBytes = 16;

/** The hour of an instant. */
export const hourOf = (at: Date): number => Math.floor(at.getTime() / hourMs);

/** The hours with `more` added to `hour`; hours without any count take no room, and those that are a day old go. Pure. */
export function addHour(
  hours: readonly HourCounts[],
  hour: number,
  more: Pick<HourCounts, 'delivered' | 'failed' | 'dead'>,
): readonly HourCounts[] {
  const kept = hours.filter((each) => each.hour > hour - hoursKept && each.hour <= hour);
  if (more.delivered + more.failed + more.dead === 0) return kept;
  const before = kept.find((each) => each.hour === hour) ?? { delivered: 0, failed: 0, dead: 0 };
  const sum = (a: number, b: number) => Math.min(a + b, 0xffff_ffff);
  const now: HourCounts = {
    hour,
    delivered: sum(before.delivered, more.delivered),
    failed: sum(before.failed, more.failed),
    dead: sum(before.dead, more.dead),
  };
  return [...kept.filter((each) => each.hour !== hour), now];
}

export const encodeHours = (hours: readonly HourCounts[]): Uint8Array<ArrayBuffer> =>
  pack(hours.slice(-hoursKept), hourBytes, (view, at, { hour, delivered, failed, dead }) => {
    view.setUint32(at, hour);
    view.setUint32(at + 4, delivered);
    view.setUint32(at + 8, failed);
    view.setUint32(at + 12, dead);
  });

export const decodeHours = (bytes: Uint8Array): HourCounts[] =>
  unpack(bytes, hourBytes, (view, at) => ({
    hour: view.getUint32(at),
    delivered: view.getUint32(at + 4),
    failed: view.getUint32(at + 8),
    dead: view.getUint32(at + 12),
  }));
