import { defaultPollSeconds } from '../../setting-defaults.ts';

/** The settings that say how long a tick is. */
export interface TickSettings {
  readonly POLL_INTERVAL?: string | undefined;
  readonly GRAPH_PERMISSIONS?: string | undefined;
}

/**
 * NCRONTAB expression (six fields, the first are seconds) of the dispatcher. It fires at least once in every tick; a second
 * time in the same tick does nothing. Never throws: it is called at registration, and a broken setting is reported elsewhere.
 */
export function timerSchedule({ POLL_INTERVAL, GRAPH_PERMISSIONS = '' }: TickSettings): string {
  const given = Number(POLL_INTERVAL);
  const isAnnounced = /(?:^|[\s,])mail\.readbasic(?:[\s,]|$)/i.test(GRAPH_PERMISSIONS);
  const fallback = defaultPollSeconds[isAnnounced ? 'announced' : 'polled'];
  const seconds = Number.isInteger(given) && given >= 1 && given <= 3600 ? given : fallback;
  if (seconds < 60) return seconds === 1 ? '* * * * * *' : `*/${seconds} * * * * *`;
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return '0 0 * * * *';
  return minutes === 1 ? '0 * * * * *' : `0 */${minutes} * * * *`;
}
