import { describe, expect, it, vi } from 'vitest';
import { corpus } from '../../../../test/corpus/corpus.ts';
import type { MessageMeta } from '../../domain/mail/message.ts';
import { parseMessage } from './parse-message.ts';

const meta: MessageMeta = {
  uid: 1,
  internalDate: new Date('2026-03-01T10:00:00Z'),
  size: 100,
  seen: false,
  flagged: false,
  answered: false,
  messageId: '<m@x.example>',
  date: undefined,
  from: 'Ada <ada@contoso.example>',
  subject: 's',
  received: undefined,
};

/** The same numbers on every run, so that a failure can be looked at. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

const mutations: readonly [string, (source: Buffer, random: () => number) => Buffer][] = [
  ['cut off', (source, random) => source.subarray(0, random() % (source.length + 1))],
  [
    'with bytes changed',
    (source, random) => {
      const copy = Buffer.from(source);
      for (let n = 0; n < 20 && copy.length > 0; n += 1) copy[random() % copy.length] = random() % 256;
      return copy;
    },
  ],
  [
    'with a piece doubled',
    (source, random) => {
      const at = random() % (source.length + 1);
      return Buffer.concat([source.subarray(0, at), source.subarray(Math.max(0, at - 200), at), source.subarray(at)]);
    },
  ],
];

describe('a damaged mail', () => {
  it.each(mutations)('%s is still read, every one of the corpus', async (_, mutate) => {
    for (const [index, { name, source }] of corpus.entries()) {
      // The large ones are read whole elsewhere; damaged, they would only take long.
      if (source.length > 50_000) continue;
      const random = numbers(index + 1);
      for (let round = 0; round < 3; round += 1) {
        const damaged = mutate(source, () => random.next().value);
        const message = await parseMessage(damaged, { meta, truncated: [] });
        expect(message.messageId, name).toBe('<m@x.example>');
        expect(message.truncated, name).toContain('structure');
        expect(`${message.text}${message.subject}${message.html ?? ''}`.isWellFormed(), name).toBe(true);
      }
    }
  });
});

describe('a mail', () => {
  it('is read without a Blob, through which postal-mime collects every part at a seventh of all processor time', async () => {
    const blobs = vi.spyOn(globalThis, 'Blob');
    try {
      for (const { name, source } of corpus) {
        // A name that the structure cannot tell is read by postal-mime, out of the headers of that one part.
        if (source.length > 50_000 || /\bnames?\b/.test(name)) continue;
        await parseMessage(source, { meta, truncated: [] });
        expect(blobs.mock.calls, name).toEqual([]);
      }
    } finally {
      blobs.mockRestore();
    }
  });
});

describe('a message of very many lines', () => {
  it('is read up to the limit', async () => {
    const source = Buffer.from(`Subject: long\r\n\r\n${'x\r\n'.repeat(300_000)}`);
    const started = performance.now();
    const message = await parseMessage(source, { meta, truncated: [] });
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(message.truncated).toEqual(['structure', 'text', 'html']);
    expect(message.text.split('\n').length).toBeGreaterThan(30_000);
    const file = Buffer.from(`Subject: file\r\n\r\n${'x'.repeat(900_000)}`);
    expect((await parseMessage(file, { meta, truncated: [] })).truncated).toEqual(['structure']);
  });
});

describe('a message beyond the parser', () => {
  it('is told by its headers', async () => {
    const deep = corpus.find(({ name }) => name === 'multiparts nested 300 deep');
    const message = await parseMessage(deep?.source ?? Buffer.alloc(0), { meta, truncated: [] });
    expect(message).toMatchObject({ subject: 'very deep', text: '', from: { address: 'ada@contoso.example' } });
    expect([...message.truncated].sort()).toEqual(['html', 'structure', 'text']);
  });
});
