import type { DeliveryOutcome, OutgoingEvent } from '../../domain/events/event.ts';
import type { ReceivedData } from '../../domain/events/event-data.ts';
import type { OutboundAnswer } from '../../outbound/outbound.ts';
import { classify } from '../webhook/classify.ts';
import type { OpenDestination, Transport, TransportDeps } from '../webhook/webhook.ts';
import { examineCollections } from './collection-fit.ts';
import {
  hasData,
  type NocobaseApi,
  nocobaseApi,
  parsed,
  recordsOf,
  unexpected,
  unexpectedCode,
} from './nocobase-api.ts';
import { type FlatRecord, messageRecord, recordChange } from './nocobase-record.ts';
import { createUploads, type OpenFile, type Uploaded } from './upload.ts';

export interface CollectionDeps extends TransportDeps {
  /** Opens a file of a mail, for destinations that want the files themselves; without it they get links. */
  readonly openFile?: OpenFile | undefined;
}

/**
 * Records of NocoBase, over its REST API with an API key:
 * - a message is made by `firstOrCreate` on the unique field `messageKey`, so that the same one twice is one record;
 * - its changes go by `update` with a filter, which never creates (a record that a user deleted stays deleted);
 * - mailboxes are kept by `updateOrCreate` on the unique field `mailboxId`;
 * - files, where they are wanted, are uploaded before the record is made that shows them.
 */
export function createCollection(deps: CollectionDeps): Transport {
  const uploads = deps.openFile === undefined ? undefined : createUploads(deps.openFile, deps.clock);
  /** Destinations that made a record without our key: every further one would be one more, and empty. */
  const suspects = new Set<string>();

  const apiOf = ({ config, secrets }: OpenDestination, signal: AbortSignal) =>
    nocobaseApi(deps.outbound, config.url, secrets.auth, signal);

  /** The files of a mail as they are in NocoBase; the outcome where that is all there is to do. */
  const filesOf = async (
    api: NocobaseApi,
    { config }: OpenDestination,
    event: OutgoingEvent<'message.received'>,
    signal: AbortSignal,
  ): Promise<Uploaded | DeliveryOutcome> => {
    const { messages = '', attachments: field } = config.collections ?? {};
    if (uploads === undefined || field === undefined || !uploads.wanted(event)) return noFiles;
    // Another attempt, perhaps after the last worker died, does not upload its files again.
    const known = await confirm(api, messages, event.id);
    if (known.kind !== 'held' || known.reason !== unexpectedCode) return known;
    return uploads.upload(api, `${messages}.${field}`, event, signal);
  };

  const sendMessage = async (
    api: NocobaseApi,
    destination: OpenDestination,
    event: OutgoingEvent<'message.received'>,
    data: ReceivedData,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> => {
    const { messages = '', attachments: field } = destination.config.collections ?? {};
    const files = await filesOf(api, destination, event, signal);
    if (files.kind !== 'uploaded') return files;
    // Not all files could be uploaded: the event says so, beside their links.
    const record = messageRecord(
      event,
      files.isPartial ? { ...data, truncated: [...data.truncated, 'attachments'] } : data,
    );
    const shown = field === undefined || files.ids.length === 0 ? {} : { [field]: files.ids.map((id) => ({ id })) };
    const outcome = await createMessage(api, messages, event.id, { ...record, ...shown });
    if (outcome.kind === 'accepted') uploads?.forget(event);
    return outcome;
  };

  return {
    async send(destination, event, signal) {
      const { config } = destination;
      const { collections } = config;
      if (collections === undefined) throw new Error('A collection destination without collections.');
      const api = apiOf(destination, signal);
      if (suspects.has(config.id)) {
        const found = await examineCollections(api, collections);
        if (found.kind !== 'accepted') return found;
        suspects.delete(config.id);
      }
      if (event.type === 'message.received') {
        const data = await deps.renderer.received(event, config);
        const outcome = await sendMessage(api, destination, event, data, signal);
        if (outcome.kind !== 'held' || outcome.reason !== unexpectedCode) return outcome;
        suspects.add(config.id);
        const found = await examineCollections(api, collections);
        return found.kind === 'held' ? found : outcome;
      }
      const change = recordChange(event);
      switch (change.kind) {
        case 'change':
          return changeMessage(api, collections.messages, change.messageKey, change.fields);
        case 'account':
          return keepAccount(api, collections.accounts, change.mailboxId, change.fields);
        case 'accounts':
          return tellAccounts(api, collections.accounts, change.fields);
        case 'none':
          // Another destination may take it; this one cannot show it.
          return { kind: 'refused', reason: 'destination_refused_message', status: 422 };
      }
    },

    async examine(destination, signal) {
      const { collections } = destination.config;
      if (collections === undefined) throw new Error('A collection destination without collections.');
      const found = await examineCollections(apiOf(destination, signal), collections);
      if (found.kind === 'accepted') suspects.delete(destination.config.id);
      return found;
    },
  };
}

/**
 * Whether the record of this key is there: for answers that do not tell. A NocoBase whose database is away, or that is
 * shutting down, fails on this as on everything.
 */
async function confirm(api: NocobaseApi, collection: string, key: string): Promise<DeliveryOutcome> {
  const answer = await api.get(
    `${collection}:list?${filterOf({ messageKey: key })}&fields%5B%5D=messageKey&pageSize=1`,
  );
  if ('kind' in answer) return answer;
  const outcome = busyIfRefused(classify(answer));
  if (outcome.kind === 'held') return outcome;
  return recordsOf(answer).some((record) => record.messageKey === key) ? outcome : unexpected(answer);
}

const busyIfRefused = (outcome: DeliveryOutcome): Exclude<DeliveryOutcome, { kind: 'refused' }> =>
  outcome.kind === 'refused' ? { ...outcome, kind: 'held', reason: 'destination_busy', attempted: true } : outcome;

/** What an answer says of a change; of a failure only if NocoBase does not fail on the simplest question too. */
async function judged(
  api: NocobaseApi,
  collection: string,
  keyField: string,
  answer: OutboundAnswer,
): Promise<DeliveryOutcome> {
  const outcome = classify(answer);
  if (answer.status !== 500) return outcome;
  const simplest = await api.get(`${collection}:list?fields%5B%5D=${keyField}&pageSize=1`);
  if ('kind' in simplest) return simplest;
  const itself = busyIfRefused(classify(simplest));
  return itself.kind === 'held' ? itself : outcome;
}

async function createMessage(
  api: NocobaseApi,
  collection: string,
  key: string,
  record: FlatRecord,
  again = false,
): Promise<DeliveryOutcome> {
  const answer = await api.post(`${collection}:firstOrCreate?filterKeys%5B%5D=messageKey`, record);
  if ('kind' in answer) return answer;
  const outcome = classify(answer);
  if (outcome.kind === 'accepted') {
    if (recordsOf(answer).some((made) => made.messageKey === key)) return outcome;
    // Another row, or no row: the field is missing, or this is no NocoBase. Or the answer was too long to be read.
    return answer.complete ? unexpected(answer) : confirm(api, collection, key);
  }
  if (answer.status !== 400 && answer.status !== 500) return outcome;
  // The loser of a race for a unique value gets a 400 in the language of the day: the list tells whether it is there.
  const confirmed = await confirm(api, collection, key);
  if (confirmed.kind !== 'held' || confirmed.reason !== unexpectedCode) return confirmed;
  // The list works. Only what fails again now is the message's: its database may just have come back.
  return answer.status === 500 && !again ? createMessage(api, collection, key, record, true) : outcome;
}

async function keepAccount(
  api: NocobaseApi,
  collection: string,
  mailboxId: string,
  fields: FlatRecord,
): Promise<DeliveryOutcome> {
  const answer = await api.post(`${collection}:updateOrCreate?filterKeys%5B%5D=mailboxId`, fields);
  if ('kind' in answer) return answer;
  const outcome = await judged(api, collection, 'mailboxId', answer);
  if (outcome.kind !== 'accepted') return outcome;
  return recordsOf(answer).some((record) => record.mailboxId === mailboxId) ? outcome : unexpected(answer);
}

async function changeMessage(
  api: NocobaseApi,
  collection: string,
  key: string,
  fields: FlatRecord,
): Promise<DeliveryOutcome> {
  const answer = await api.post(`${collection}:update?${filterOf({ messageKey: key })}`, fields);
  if ('kind' in answer) return answer;
  const outcome = await judged(api, collection, 'messageKey', answer);
  if (outcome.kind !== 'accepted') return outcome;
  // The whole record comes back. Of one that is too long to be read, the list tells whether it is there.
  if (!answer.complete) return confirm(api, collection, key);
  // An empty list is an acknowledgement too: there is no such record any more.
  return hasData(answer) ? outcome : unexpected(answer);
}

/**
 * Tells all accounts that are well. The others keep the event that says what their owners have to do; where there is
 * none to tell, it was not told.
 */
async function tellAccounts(api: NocobaseApi, collection: string, fields: FlatRecord): Promise<DeliveryOutcome> {
  const answer = await api.post(`${collection}:update?${filterOf({ state: 'active' })}`, fields);
  if ('kind' in answer) return answer;
  const outcome = await judged(api, collection, 'mailboxId', answer);
  if (outcome.kind !== 'accepted' || !answer.complete || recordsOf(answer).length > 0) return outcome;
  return parsed(answer) === undefined
    ? unexpected(answer)
    : { kind: 'refused', reason: 'destination_refused_message', status: answer.status };
}

const filterOf = (filter: Readonly<Record<string, string>>): string =>
  `filter=${encodeURIComponent(JSON.stringify(filter))}`;

const noFiles: Uploaded = { kind: 'uploaded', ids: [], isPartial: false };
