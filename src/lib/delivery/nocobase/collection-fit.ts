import { z } from 'zod';
import type { DeliveryOutcome } from '../../domain/events/event.ts';
import type { ErrorCode } from '../../error-codes.ts';
import type { DestinationCollections } from '../../store/destinations/destination.ts';
import { classify } from '../webhook/classify.ts';
import { type NocobaseApi, parsed, unexpected } from './nocobase-api.ts';
import { accountFieldNames, changeFieldNames, messageFieldNames } from './nocobase-record.ts';
import { type Need, roleFault, rolePath } from './nocobase-role.ts';

// The description of every collection of an application.
const metaBytes = 16 * 1024 * 1024;

const metaForm = z.looseObject({
  data: z.array(
    z.looseObject({
      name: z.string(),
      fields: z
        .array(z.looseObject({ name: z.string(), unique: z.unknown().optional(), interface: z.unknown().optional() }))
        .default([]),
    }),
  ),
});

/**
 * Looks whether the collections of a NocoBase are fit for mail, and the role of the API key: the keys are unique, and the
 * role may view them and fill every field that is there and that we fill. Leaves nothing behind.
 */
export async function examineCollections(
  api: NocobaseApi,
  collections: DestinationCollections,
): Promise<DeliveryOutcome> {
  // Every signed-in user of NocoBase may read this; it shows `unique` in the options of a field.
  const answer = await api.get('collections:listMeta', metaBytes);
  if ('kind' in answer) return answer;
  const outcome = classify(answer);
  if (outcome.kind !== 'accepted') return outcome;
  const meta = metaForm.safeParse(parsed(answer));
  if (!meta.success) return unexpected(answer);
  const fieldsOf = (collection: string) => meta.data.data.find(({ name }) => name === collection)?.fields;
  const has = (collection: string, field: string) => fieldsOf(collection)?.find(({ name }) => name === field);
  const held = (reason: ErrorCode): DeliveryOutcome => ({
    kind: 'held',
    reason,
    status: answer.status,
    attempted: true,
  });

  const { messages, accounts, outbox, attachments } = collections;
  const fits =
    has(messages, 'messageKey')?.unique === true &&
    has(accounts, 'mailboxId')?.unique === true &&
    fieldsOf(outbox) !== undefined &&
    (attachments === undefined || has(messages, attachments)?.interface === 'attachment');
  if (!fits) return held('destination_unfit');

  const role = await api.get(rolePath);
  if ('kind' in role) return role;
  const asked = classify(role);
  if (asked.kind !== 'accepted') return asked;
  const there = (collection: string, names: readonly string[]) =>
    names.filter((field) => has(collection, field) !== undefined);
  const filled = attachments === undefined ? messageFieldNames : [...messageFieldNames, attachments];
  const needs: readonly Need[] = [
    { collection: messages, action: 'view', fields: ['messageKey'] },
    { collection: accounts, action: 'view', fields: ['mailboxId'] },
    { collection: messages, action: 'create', fields: there(messages, filled) },
    { collection: accounts, action: 'create', fields: there(accounts, accountFieldNames) },
    { collection: messages, action: 'update', fields: there(messages, changeFieldNames) },
    { collection: accounts, action: 'update', fields: there(accounts, accountFieldNames) },
  ];
  const fault = roleFault(parsed(role), needs);
  if (fault !== undefined) return held(fault);
  // The last word has NocoBase itself.
  const reading = await api.get(`${messages}:list?fields%5B%5D=messageKey&pageSize=1`);
  return 'kind' in reading ? reading : classify(reading);
}
