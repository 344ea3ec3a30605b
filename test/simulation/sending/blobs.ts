import { BrokerError } from '../../../src/lib/errors.ts';
import type { Blobs } from '../../../src/lib/store/table/blobs.ts';
import type { Ground, SimProcess } from '../process.ts';

/** What the blob service holds. */
export type BlobShelf = Map<string, { readonly bytes: Uint8Array; readonly writtenAt: Date }>;

/** The way of one process to the blobs: requests and answers take their time and get lost. */
export function createSimBlobs(ground: Ground, process: SimProcess, shelf: BlobShelf): Blobs {
  const { scheduler, faults, trace, dice } = ground;

  const request = <T>(what: string, serve: () => T): Promise<T> =>
    process.call<T>((call) => {
      const who = call.by?.name ?? process.name;
      const fail = () => call.fail(new BrokerError('storage_unreachable'));
      if (faults.strikes('requestLost')) {
        trace.note(who, () => `blob ${what} -- lost on the way`);
        scheduler.after(dice.between(1, 2_000), fail);
        return;
      }
      const unheard = faults.strikes('answerLost');
      scheduler.after(dice.between(1, 20), () => {
        const answer = serve();
        trace.note(who, () => `blob ${what}${unheard ? ' -- done, and the answer is lost' : ''}`);
        scheduler.after(dice.between(1, 20), () => (unheard ? fail() : call.answer(answer)));
      });
    });

  return {
    async write(name, content) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(Buffer.from(chunk));
      await request(`write ${name}`, () => {
        shelf.set(name, { bytes: Buffer.concat(chunks), writtenAt: new Date(scheduler.now()) });
      });
    },
    async read(name) {
      const found = await request(`read ${name}`, () => shelf.get(name));
      if (found === undefined) return undefined;
      return (async function* () {
        yield found.bytes;
      })();
    },
    delete: (name) => request(`delete ${name}`, () => void shelf.delete(name)),
    async *list() {
      for (const [name, { writtenAt }] of await request('list', () => [...shelf])) yield { name, writtenAt };
    },
  };
}
