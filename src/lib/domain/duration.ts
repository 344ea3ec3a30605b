/** Milliseconds of an hour, and of a day without a change of the clocks. */
export const hourMs = 60 * 60_000;
export const dayMs = 24 * hourMs;
