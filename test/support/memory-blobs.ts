import type { Blobs } from '../../src/lib/store/table/blobs.ts';

/** Blobs in memory; a write counts only when its content has come to its end. What both have to do: blobs.test.ts. */
export function memoryBlobs(clock: { now(): number }): Blobs & { readonly names: () => string[] } {
  const kept = new Map<string, { readonly bytes: Buffer; readonly writtenAt: Date }>();
  return {
    names: () => [...kept.keys()],
    async write(name, content) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(Buffer.from(chunk));
      kept.set(name, { bytes: Buffer.concat(chunks), writtenAt: new Date(clock.now()) });
    },
    async read(name) {
      const found = kept.get(name);
      if (found === undefined) return undefined;
      return (async function* () {
        yield found.bytes;
      })();
    },
    async delete(name) {
      kept.delete(name);
    },
    async *list() {
      for (const [name, { writtenAt }] of [...kept]) yield { name, writtenAt };
    },
  };
}
