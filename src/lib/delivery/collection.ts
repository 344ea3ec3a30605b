import { z } from 'zod';
import type { DeliveryOutcome } from '../domain/event.ts';
import type { OutboundAnswer } from '../http/outbound.ts';
import { classify } from './classify.ts';
import { recordChange } from './nocobase-record.ts';
import {
  ask,
  authHeaders,
  commonHeaders,
  type OpenDestination,
  type Transport,
  type TransportDeps,
} from './webhook.ts';

// NocoBase answers with the whole record. A longer one is asked for again by its key alone.
const recordBytes = 2 * 1024 * 1024;

// The description of every collection of an application.
const metaBytes = 16 * 1024 * 1024;

/**
 * Records of NocoBase, over its REST API with an API key:
 * - a message is made by `firstOrCreate` on the unique field `messageKey`, so that the same one twice is one record;
 * - its changes go by `update` with a filter, which never creates (a record that a user deleted stays deleted);
 * - mailboxes are kept by `updateOrCreate` on the unique field `mailboxId`.
 */
export function createCollection(deps: TransportDeps): Transport {
  const call = (destination: OpenDestination, signal: AbortSignal) => {
    const base = destination.config.url.replace(/\/+$/, '');
    const headers = { ...commonHeaders, ...authHeaders(destination.secrets.auth) };
    return {
      post: (path: string, body: unknown) =>
        ask(deps.outbound, {
          method: 'POST',
          url: `${base}/${path}`,
          headers,
          body: JSON.stringify(body),
          keepBytes: recordBytes,
          signal,
        }),
      get: (path: string, keepBytes = recordBytes) =>
        ask(deps.outbound, { method: 'GET', url: `${base}/${path}`, headers, keepBytes, signal }),
    };
  };
  type Calls = ReturnType<typeof call>;

  /** Whether the record of this key is there: for answers that do not tell. */
  const confirm = async (calls: Calls, collection: string, key: string): Promise<DeliveryOutcome> => {
    const filter = encodeURIComponent(JSON.stringify({ messageKey: key }));
    const answer = await calls.get(`${collection}:list?filter=${filter}&fields%5B%5D=messageKey&pageSize=1`);
    if ('kind' in answer) return answer;
    const outcome = classify(answer);
    if (outcome.kind !== 'accepted') return outcome;
    return records(answer).some((record) => record.messageKey === key) ? outcome : unexpected(answer);
  };

  const createMessage = async (
    calls: Calls,
    collection: string,
    key: string,
    record: unknown,
    again = false,
  ): Promise<DeliveryOutcome> => {
    const answer = await calls.post(`${collection}:firstOrCreate?filterKeys%5B%5D=messageKey`, record);
    if ('kind' in answer) return answer;
    const outcome = classify(answer);
    if (outcome.kind === 'accepted') {
      if (records(answer).some((made) => made.messageKey === key)) return outcome;
      // Another row, or no row: the field is missing, or this is no NocoBase. Or the answer was too long to be read.
      return answer.complete ? unexpected(answer) : confirm(calls, collection, key);
    }
    if (answer.status !== 400 && answer.status !== 500) return outcome;
    // The loser of a race for a unique value gets a 400 in the language of the day: the list tells whether it is there.
    // And a NocoBase whose database is away, or that is shutting down, fails with 500 on everything: so it does on the list.
    const confirmed = await confirm(calls, collection, key);
    if (confirmed.kind === 'accepted') return confirmed;
    if (confirmed.kind === 'refused') {
      return { kind: 'held', reason: 'destination_busy', status: confirmed.status, attempted: true };
    }
    if (confirmed.reason !== unexpectedCode) return confirmed;
    // The list works. Only what fails again now is the message's: its database may just have come back.
    return answer.status === 500 && !again ? createMessage(calls, collection, key, record, true) : outcome;
  };

  const keepAccount = async (
    calls: Calls,
    collection: string,
    mailboxId: string,
    fields: unknown,
  ): Promise<DeliveryOutcome> => {
    const answer = await calls.post(`${collection}:updateOrCreate?filterKeys%5B%5D=mailboxId`, fields);
    if ('kind' in answer) return answer;
    const outcome = classify(answer);
    if (outcome.kind !== 'accepted') return outcome;
    return records(answer).some((record) => record.mailboxId === mailboxId) ? outcome : unexpected(answer);
  };

  const changeMessage = async (calls: Calls, collection: string, key: string, fields: unknown) => {
    const filter = encodeURIComponent(JSON.stringify({ messageKey: key }));
    const answer = await calls.post(`${collection}:update?filter=${filter}`, fields);
    if ('kind' in answer) return answer;
    const outcome = classify(answer);
    // An empty list is an acknowledgement too: there is no such record any more.
    return outcome.kind === 'accepted' && parse(answer) === undefined ? unexpected(answer) : outcome;
  };

  return {
    async send(destination, event, signal) {
      const { config } = destination;
      const { collections } = config;
      if (collections === undefined) throw new Error('A collection destination without collections.');
      const calls = call(destination, signal);
      const change = recordChange(event, await deps.renderer.data(event, { rawHtml: config.rawHtml }));
      switch (change.kind) {
        case 'message':
          return createMessage(calls, collections.messages, change.messageKey, change.record);
        case 'change':
          return changeMessage(calls, collections.messages, change.messageKey, change.fields);
        case 'account':
          return keepAccount(calls, collections.accounts, change.mailboxId, change.fields);
        case 'none':
          // Whoever sends it may have another destination to tell it to; this one cannot show it.
          return { kind: 'refused', reason: 'destination_refused_message', status: 422 };
      }
    },

    async examine(destination, signal) {
      const { collections } = destination.config;
      if (collections === undefined) throw new Error('A collection destination without collections.');
      const calls = call(destination, signal);
      // Every signed-in user of NocoBase may read this; it shows `unique` in the options of a field.
      const answer = await calls.get('collections:listMeta', metaBytes);
      if ('kind' in answer) return answer;
      const outcome = classify(answer);
      if (outcome.kind !== 'accepted') return outcome;
      const meta = metaForm.safeParse(parse(answer));
      if (!meta.success) return unexpected(answer);
      const isUnique = (collection: string, field: string): boolean =>
        meta.data.data
          .find(({ name }) => name === collection)
          ?.fields.some(({ name, unique }) => name === field && unique === true) ?? false;
      const fits =
        isUnique(collections.messages, 'messageKey') &&
        isUnique(collections.accounts, 'mailboxId') &&
        meta.data.data.some(({ name }) => name === collections.outbox);
      if (!fits) return { kind: 'held', reason: 'destination_unfit', status: answer.status, attempted: true };
      // May the key read records? Without that right an existing one answers 403 to firstOrCreate.
      const reading = await calls.get(`${collections.messages}:list?fields%5B%5D=messageKey&pageSize=1`);
      return 'kind' in reading ? reading : classify(reading);
    },
  };
}

const metaForm = z.looseObject({
  data: z.array(
    z.looseObject({
      name: z.string(),
      fields: z.array(z.looseObject({ name: z.string(), unique: z.unknown().optional() })).default([]),
    }),
  ),
});

const recordForm = z.looseObject({ messageKey: z.unknown().optional(), mailboxId: z.unknown().optional() });

// One record or several: firstOrCreate answers one, list, update and updateOrCreate an array.
const answerForm = z.looseObject({ data: z.union([z.array(recordForm), recordForm.transform((one) => [one])]) });

const unexpectedCode = 'destination_answer_unexpected';

const unexpected = (answer: OutboundAnswer): DeliveryOutcome => ({
  kind: 'held',
  reason: unexpectedCode,
  status: answer.status,
  attempted: true,
});

function parse(answer: OutboundAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(answer.body));
  } catch {
    // Not NocoBase, or cut: told by there being nothing.
    return undefined;
  }
}

const records = (answer: OutboundAnswer): readonly z.output<typeof recordForm>[] =>
  answerForm.safeParse(parse(answer)).data?.data ?? [];
