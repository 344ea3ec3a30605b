import type { ReceivedEvent } from '../../local/nocobase/stand-in.ts';
import type { World } from './world.ts';

/** The subject of the message of an event; '' for other events. */
export const subjectOf = (event: ReceivedEvent): string =>
  (event.body as { data: { subject?: string } }).data.subject ?? '';

/** Attempts to deliver a message whose subject begins with `prefix`, regardless of NocoBase's answer. */
export const attemptsOf = (world: World, prefix: string): ReceivedEvent[] =>
  world.standIns.nocobase
    .events()
    .filter((event) => event.type === 'message.received' && subjectOf(event).startsWith(prefix));
