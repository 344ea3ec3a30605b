import { getInstant, pack, putInstant, unpack } from '../table/columns.ts';
import type { CursorRow } from './folder-rows.ts';

type Delivered = Pick<CursorRow, 'deliveredAt' | 'deliveredAfterSeconds'>;

/** Six bytes of milliseconds since 1970, four of seconds: two columns of their own would not fit into 4 KB beside the rest. */
export const deliveredBytes = 10;

/** In place of the seconds where there are none. */
const none = 0xffff_ffff;

/** @returns undefined where nothing was delivered */
export function encodeDelivered({
  deliveredAt,
  deliveredAfterSeconds,
}: Delivered): Uint8Array<ArrayBuffer> | undefined {
  if (deliveredAt === undefined) return undefined;
  return pack([deliveredAt], deliveredBytes, (view, at, instant) => {
    putInstant(view, at, instant);
    view.setUint32(at + 6, deliveredAfterSeconds === undefined ? none : Math.min(deliveredAfterSeconds, none - 1));
  });
}

export function decodeDelivered(bytes: Uint8Array): Delivered {
  const [found] = unpack(bytes, deliveredBytes, (view, at): Delivered => {
    const seconds = view.getUint32(at + 6);
    return {
      deliveredAt: getInstant(view, at),
      deliveredAfterSeconds: seconds === none ? undefined : seconds,
    };
  });
  return found ?? { deliveredAt: undefined, deliveredAfterSeconds: undefined };
}
