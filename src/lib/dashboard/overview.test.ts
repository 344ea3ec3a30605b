import { describe, expect, it } from 'vitest';
import type { MailboxView } from '../store/mailboxes/registry.ts';
import { dayGraph } from './graph.ts';
import { countsOf, inOrder, lastDay } from './overview.ts';

const view = (address: string, shown: string) => ({ row: { address }, shown }) as unknown as MailboxView;
const hour = (at: number, delivered: number, failed = 0, dead = 0) => ({ hour: at, delivered, failed, dead });

describe('the overview', () => {
  it('shows mailboxes in trouble first, each by its address', () => {
    const views = [view('b@x', 'active'), view('a@x', 'active'), view('d@x', 'paused'), view('c@x', 'degraded')];
    expect(inOrder(views).map(({ row }) => row.address)).toEqual(['c@x', 'd@x', 'a@x', 'b@x']);
  });

  it('counts mailboxes by state', () => {
    expect(countsOf([view('a', 'active'), view('b', 'active'), view('c', 'paused')])).toEqual({ active: 2, paused: 1 });
  });

  it('adds up the hours of all shards, with zeros where nothing happened', () => {
    const day = lastDay(
      [
        [hour(100, 2), hour(70, 9)],
        [hour(100, 3, 1, 1), hour(99, 1)],
      ],
      100,
    );
    expect(day).toHaveLength(24);
    expect(day[0]).toEqual(hour(77, 0));
    expect(day.slice(-2)).toEqual([hour(99, 1), hour(100, 5, 1, 1)]);
  });
});

describe('the graph of a day', () => {
  const heights = (text: string) => [...text.matchAll(/height="(\d+)"/g)].map(([, each]) => Number(each));

  it('shows whatever is there at all, and the largest within the picture', () => {
    const { text } = dayGraph([hour(1, 1), hour(2, 100_000, 1)], 'A day');
    expect(heights(text)).toEqual([2, 0, 112, 2]);
    expect(text).toContain('role="img" aria-label="A day"');
  });

  it('has no bars for a day without events', () => {
    expect(heights(dayGraph([hour(1, 0), hour(2, 0)], '').text)).toEqual([0, 0, 0, 0]);
  });
});
