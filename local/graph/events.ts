import { randomUUID } from 'node:crypto';
import type { Call, Reply } from '../web.ts';
import { refusals } from './answers.ts';

/** An event in someone's calendar, as an invitation made it. */
export interface CalendarEvent {
  readonly id: string;
  readonly address: string;
  readonly iCalUId: string;
  /** `notResponded`, `accepted`, `tentativelyAccepted`, `declined`. */
  response: string;
  /** What the organizer was told, in order. */
  readonly told: { readonly response: string; readonly comment: string }[];
}

export interface Events {
  /** Puts an invitation into a calendar, as Exchange does when one arrives. */
  put(address: string, iCalUId: string): CalendarEvent;
  handle(mailbox: string, rest: string, call: Call): Reply;
}

const verbs: Readonly<Record<string, string>> = {
  accept: 'accepted',
  tentativelyAccept: 'tentativelyAccepted',
  decline: 'declined',
};

/**
 * Events of calendars: looked for by `iCalUId`, and answered.
 * https://learn.microsoft.com/graph/api/user-list-events and https://learn.microsoft.com/graph/api/event-accept
 */
export function createEvents(): Events {
  const all: CalendarEvent[] = [];
  return {
    put(address, iCalUId) {
      const event = { id: `AAMk${randomUUID()}=`, address: address.toLowerCase(), iCalUId, response: 'notResponded' };
      const made: CalendarEvent = { ...event, told: [] };
      all.push(made);
      return made;
    },
    handle(mailbox, rest, call) {
      const own = all.filter(({ address }) => address === mailbox);
      if (rest === '' && call.method === 'GET') {
        const filter = call.url.searchParams.get('$filter') ?? '';
        const uid = /^iCalUId eq '((?:[^']|'')*)'$/.exec(filter)?.[1]?.replaceAll("''", "'");
        const value = own
          .filter(({ iCalUId }) => iCalUId === uid)
          .map(({ id, response }) => ({ id, responseStatus: { response } }));
        return { status: 200, body: { value } };
      }
      const [, id = '', verb = ''] = /^\/([^/]+)\/(\w+)$/.exec(rest) ?? [];
      const event = own.find((one) => one.id === decodeURIComponent(id));
      const response = verbs[verb];
      if (call.method !== 'POST' || response === undefined) return refusals.unknown();
      if (event === undefined) return refusals.item();
      const asked: unknown = JSON.parse(call.body.toString());
      const of = (name: string): unknown =>
        typeof asked === 'object' && asked !== null ? Reflect.get(asked, name) : undefined;
      event.response = response;
      if (of('sendResponse') === true) event.told.push({ response, comment: String(of('comment') ?? '') });
      return { status: 202 };
    },
  };
}
