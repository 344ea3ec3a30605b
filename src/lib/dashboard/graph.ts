import { html, join, type Markup } from '../pages/markup.ts';
import type { HourCounts } from '../store/rows/rows.ts';

const width = 720;
const height = 120;
const gap = 4;

/**
 * The last day as bars: what was delivered upwards, what failed or was given up beside it. Numbers come from our own
 * counters; the words are the caller's, since the picture itself is hidden from those who cannot see it.
 */
export function dayGraph(hours: readonly HourCounts[], label: string): Markup {
  const most = Math.max(1, ...hours.map(({ delivered, failed, dead }) => Math.max(delivered, failed + dead)));
  const step = width / hours.length;
  const bar = (index: number, offset: number, value: number, kind: 'good' | 'bad') => {
    // What is there at all can be seen.
    const tall = value === 0 ? 0 : Math.max(2, Math.round((value / most) * (height - 8)));
    const x = index * step + gap / 2 + offset;
    const w = (step - gap) / 2;
    return html`<rect class="${kind}" x="${x.toFixed(1)}" y="${String(height - tall)}" width="${w.toFixed(1)}" height="${String(tall)}"/>`;
  };
  const bars = hours.map(({ delivered, failed, dead }, index) =>
    join([bar(index, 0, delivered, 'good'), bar(index, (step - gap) / 2, failed + dead, 'bad')]),
  );
  return html`<svg class="day" viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-label="${label}"><path class="base" d="M0 ${String(height)}H${String(width)}"/>${join(bars)}</svg>`;
}
