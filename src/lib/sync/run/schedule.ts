/** Seconds between ticks where the setting is missing or broken; the broken setting is reported elsewhere. */
const fallbackSeconds = 60;

/**
 * NCRONTAB expression (six fields, the first are seconds) of the dispatcher, from the setting POLL_INTERVAL. It fires at
 * least once in every tick; a second time in the same tick does nothing. Never throws: it is called at registration.
 */
export function timerSchedule(pollInterval: string | undefined): string {
  const given = Number(pollInterval);
  const seconds = Number.isInteger(given) && given >= 1 && given <= 3600 ? given : fallbackSeconds;
  if (seconds < 60) return seconds === 1 ? '* * * * * *' : `*/${seconds} * * * * *`;
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return '0 0 * * * *';
  return minutes === 1 ? '0 * * * * *' : `0 */${minutes} * * * *`;
}
