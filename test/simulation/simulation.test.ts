import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

/** What a few seconds allow; thousands more are lived through by `npm run simulate -- --seeds 1..10000`. */
const groups = 4;
const worldsOfGroup = 10;

/** Lives of which more than one test asks. */
const lives = new Map<number, ReturnType<typeof simulate>>();
const lifeOf = (seed: number): ReturnType<typeof simulate> => {
  const life = lives.get(seed) ?? simulate({ seed, trace: true });
  lives.set(seed, life);
  return life;
};

describe('in a simulated world', () => {
  const starts = Array.from({ length: groups }, (_, group) => group * worldsOfGroup + 1);

  it.each(starts)('every promise is kept, whatever goes wrong (10 seeds from %i on)', async (start) => {
    for (let seed = start; seed < start + worldsOfGroup; seed++) {
      const { breaches } = await lifeOf(seed);
      const told = breaches.map(({ promise, detail, step }) => `seed ${seed}, step ${step}: ${promise}: ${detail}`);
      expect(told).toEqual([]);
    }
  });

  it('things do go wrong, and mail is delivered all the same', async () => {
    const lines: string[] = [];
    let delivered = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const world = await lifeOf(seed);
      lines.push(...world.lines);
      delivered += world.delivered;
    }
    const accidents = [
      /killed in the middle of/,
      /stands still/,
      /done, and the answer is lost/,
      /hint .* doubled/,
      /POST .* unheard/,
      /-- cut/,
      /is renumbered/,
      /moves m\d+/,
      /-- grant_expired/,
      /comes to rest/,
    ];
    for (const accident of accidents) expect(lines.filter((line) => accident.test(line))).not.toEqual([]);
    expect(delivered).toBeGreaterThan(200);
  });

  it('mail goes out, is lost on the way, comes back, and is told of', async () => {
    const lines: string[] = [];
    for (const seed of [8, 15, 51, 59, 162]) lines.push(...(await lifeOf(seed)).lines);
    const events = [
      /sends s\d+ -- accepted/,
      /sends s\d+ -- unknown/,
      /log sent_folder\.searched .*found=true/,
      /log sent_folder\.searched .*found=false/,
      /log submission\.bounce_linked/,
      /POST submission\.sent/,
      /killed in the middle of .*\/l\d+/,
      /hint for lane .* -- lost/,
    ];
    for (const event of events) expect(lines.filter((line) => event.test(line))).not.toEqual([]);
  });

  it('mail goes out over Graph, also as drafts, and what is answered is marked', async () => {
    const lines: string[] = [];
    for (const seed of [8, 16, 37]) lines.push(...(await lifeOf(seed)).lines);
    const events = [
      /Graph POST \/me\/sendMail: 202/,
      /Graph PUT \/upload.*: 201/,
      /Graph POST .*\/send: 202/,
      /Graph DELETE .*: 204/,
      /Graph POST .*: 50\d, though done/,
      /SMTP AUTH is disabled/,
      /is told \\Answered/,
      /is told \$Forwarded/,
      /is given m\d+ for Sent Items/,
    ];
    for (const event of events) expect(lines.filter((line) => event.test(line))).not.toEqual([]);
  });

  it('the same seed is the same life, to the last step', async () => {
    const one = await lifeOf(7);
    const again = await simulate({ seed: 7, trace: true });
    const other = await lifeOf(8);
    expect(again.lines).toEqual(one.lines);
    expect(one.lines.length).toBeGreaterThan(200);
    expect(other.lines).not.toEqual(one.lines);
  });
});
