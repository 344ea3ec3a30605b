/** Numbers that look random and are the same for the same seed. */
export interface Dice {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  /** A number in [from, to). */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  /** Undefined only if there is nothing to pick from. */
  pick<T>(items: readonly T[]): T | undefined;
  bytes(count: number): Uint8Array;
}

/**
 * @param seed the seed of a world, or that and a purpose: streams of their own keep one kind of chance from changing
 * the draws of all others when it is switched off
 */
export function dice(seed: string): Dice {
  let [a, b, c, d] = spread(seed);
  // sfc32, by Chris Doty-Humphrey (PractRand): small, fast, and its streams do not overlap for different seeds.
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 0x1_0000_0000;
  };
  for (let round = 0; round < 12; round++) next();
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    between: (from, to) => from + next() * (to - from),
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)],
    bytes(count) {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; at++) bytes[at] = below(256);
      return bytes;
    },
  };
}

/** Four words that depend on every character (xmur3 by bryc). */
function spread(text: string): [number, number, number, number] {
  let hash = 1_779_033_703 ^ text.length;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 3_432_918_353);
    hash = (hash << 13) | (hash >>> 19);
  }
  const word = () => {
    hash = Math.imul(hash ^ (hash >>> 16), 2_246_822_507);
    hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909);
    hash ^= hash >>> 16;
    return hash | 0;
  };
  return [word(), word(), word(), word()];
}
