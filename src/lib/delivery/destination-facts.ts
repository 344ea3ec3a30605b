import type { Clock, Random } from '../domain/clock.ts';
import { createExpiringMap } from '../domain/expiring-map.ts';
import type { DestinationConfig, DestinationState } from '../store/destinations/destination.ts';
import type { DestinationRows } from '../store/destinations/destinations.ts';
import { untilSettled } from '../store/table/modify.ts';
import type { ServerTime } from '../store/table/table.ts';
import { gate, probeWaitMs } from './hold.ts';

/** Which types want mail one after the other; records of a collection are found by their key, in any order. */
const orders = { webhook: 'strict', workflow: 'strict', collection: 'window' } as const;

/** So many messages that are given up in a row are the destination's fault, not theirs. */
const deadThatHold = 3;

/** Its type never changes, and what else is asked of it here may come a minute late; delivery notices that it was deleted. */
const configCacheMs = 60_000;

export interface DestinationFactsDeps {
  readonly rows: Pick<DestinationRows, 'read' | 'readState' | 'writeState'>;
  readonly time: ServerTime;
  readonly clock: Clock;
  readonly random: Random;
}

/** The state after a message was given up. The third in a row holds the destination, until something is accepted. */
export function afterDeath(state: DestinationState, now: number, chance: number): DestinationState {
  const deadInRow = state.deadInRow + 1;
  if (deadInRow < deadThatHold || state.heldSince !== undefined) return { ...state, deadInRow };
  return {
    ...state,
    deadInRow,
    heldSince: new Date(now),
    reason: 'destination_refused_message',
    status: undefined,
    heldByDead: true,
    nextProbe: new Date(now + probeWaitMs(0, 0, chance)),
    probes: 0,
    proberUntil: undefined,
    told: false,
    headsMoved: 0,
    // What is dead is not sent again.
    failed: undefined,
  };
}

/** What those who read mail must know and note of destinations; shared by all workers through row `b`. */
export function createDestinationFacts(deps: DestinationFactsDeps) {
  const { rows, time, clock, random } = deps;
  const known = createExpiringMap<string, Promise<DestinationConfig | undefined>>(1_000, () => clock.monotonic());

  /** Changes the state, again if another wrote meanwhile. A destination without one was deleted. */
  async function change(id: string, how: (state: DestinationState) => DestinationState): Promise<void> {
    await untilSettled({ clock, random }, async () => {
      const { state, etag } = await rows.readState(id);
      if (etag !== undefined) await rows.writeState(id, how(state), etag);
    });
  }

  /** Read once for all that ask at the same time: the mailboxes of a shard are polled together. */
  function configOf(id: string): Promise<DestinationConfig | undefined> {
    const found = known.get(id);
    if (found !== undefined) return found;
    const reading = rows.read(id).then((stored) => stored?.config);
    known.set(id, reading, clock.monotonic() + configCacheMs);
    // A failure goes to the callers waiting now, and is not cached, nor is that there is none.
    const forget = () => {
      if (known.get(id) === reading) known.delete(id);
    };
    reading.then((config) => {
      if (config === undefined) forget();
    }, forget);
    return reading;
  }

  return {
    async order(id: string): Promise<'strict' | 'window'> {
      const config = await configOf(id);
      return config === undefined ? 'strict' : orders[config.type];
    },
    wantsCounts: async (id: string): Promise<boolean> => (await configOf(id))?.folderCounts === true,
    async lastAccepted(id: string, what: 'mail' | 'anything'): Promise<Date | undefined> {
      const { state } = await rows.readState(id);
      return what === 'mail' ? state.lastMailAccepted : state.lastAccepted;
    },
    async isHeld(id: string): Promise<boolean> {
      const [{ state }, stored] = await Promise.all([rows.readState(id), rows.read(id)]);
      // Once a probe is due it needs something to send: where nothing else comes, the hold would never end.
      return gate(state, time.whenJudging()).kind === 'held' || stored?.config.paused === true;
    },
    async died(id: string): Promise<void> {
      const chance = (random.bytes(1)[0] ?? 0) / 256;
      await change(id, (state) => afterDeath(state, time.whenWriting(), chance));
    },
    headsMoved: async (id: string): Promise<number> => (await rows.readState(id)).state.headsMoved,
    headMoved: (id: string): Promise<void> => change(id, (state) => ({ ...state, headsMoved: state.headsMoved + 1 })),
  };
}
