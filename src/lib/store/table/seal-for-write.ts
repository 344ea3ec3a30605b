import type { Sealer, SealPlace } from '../../domain/sealing.ts';
import { isBrokerError } from '../../errors.ts';

/**
 * A sealed value as it is to be written again: moved to the newest version of the root key if it lies under an older one.
 * Where that cannot be done just now it stays as it is, because what is to be written does not need the vault; it moves
 * with a later write, or by the command for it.
 */
export async function sealForWrite(sealer: Sealer, place: SealPlace, sealed: Uint8Array): Promise<Uint8Array> {
  try {
    if (!(await sealer.needsReseal(sealed))) return sealed;
    return await sealer.seal(place, await sealer.open(place, sealed));
  } catch (error) {
    if (isBrokerError(error)) return sealed;
    throw error;
  }
}
