/**
 * Waits after a failure that may be the fault of what was sent, a mail or an event; the last repeats. Growing, because what
 * a receiver refuses it seldom takes a minute later, and each attempt costs both sides something.
 */
export const failureWaitsMs = [1, 2, 5, 10, 20, 30, 60].map((minutes) => minutes * 60_000);
