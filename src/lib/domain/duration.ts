/** Milliseconds of a second, a minute, an hour, and of a day without a change of the clocks. */
export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** An instant as people read it in any language: `2026-11-30 14:05`, in UTC, which is for the sentence around it to say. */
export const utcMinute = (at: Date): string => at.toISOString().slice(0, 16).replace('T', ' ');
