import { expect, it } from 'vitest';
import type { BrokerError } from '../errors.ts';
import { newConnectLink } from './requests/connect-links.ts';
import { deliveryFilter, replayRequest } from './requests/deliveries.ts';
import { newDestination } from './requests/destinations.ts';
import { newKey } from './requests/keys.ts';
import { mailboxFilter, mailboxPatch, newMailbox } from './requests/mailboxes.ts';
import { validate } from './validate.ts';

const refusalOf = (schema: Parameters<typeof validate>[0], input: unknown) => {
  try {
    validate(schema, input, 'body');
  } catch (error) {
    return (error as BrokerError).fields.map(({ field, message }) => `${field}: ${message}`);
  }
  return [];
};

const webhook = { type: 'webhook', name: 'N', url: 'https://nocobase.example.com' };

it.each<[unknown, Parameters<typeof validate>[0], string]>([
  [undefined, newKey, 'body: Is missing.'],
  [[], mailboxPatch, 'body: Is not an object.'],
  [{}, newMailbox, 'address: Is missing.'],
  [{ address: 7 }, newMailbox, 'address: Is not a text.'],
  [{ address: 'a@b.example', nix: 1 }, newMailbox, 'nix: Is not a known field.'],
  [{ label: '' }, mailboxPatch, 'label: Is empty.'],
  [{ label: 'x'.repeat(101) }, mailboxPatch, 'label: Has more than 100 characters.'],
  [{ paused: 'yes' }, mailboxPatch, 'paused: Is neither true nor false.'],
  [{ folders: 'inbox' }, mailboxPatch, 'folders: Is not a list.'],
  [{ folders: [] }, mailboxPatch, 'folders: Is an empty list.'],
  [{ folders: Array(11).fill('inbox') }, mailboxPatch, 'folders: Has more than 10 entries.'],
  [{ ownerRef: 2 ** 60 }, mailboxPatch, 'ownerRef: Is more than 9007199254740991.'],
  [{ ownerRef: {} }, mailboxPatch, 'ownerRef: Is neither a whole number nor a text.'],
  [{ filter: { only: { minSize: '5' } } }, mailboxPatch, 'filter.only.minSize: Is not a number.'],
  [{ filter: { only: { minSize: 1.5 } } }, mailboxPatch, 'filter.only.minSize: Is not a whole number.'],
  [{ filter: { only: { minSize: -5 } } }, mailboxPatch, 'filter.only.minSize: Is less than 0.'],
  [{ filter: { only: { maxSize: 1e300 } } }, mailboxPatch, 'filter.only.maxSize: Is more than 9007199254740991.'],
  [{ filter: { only: { direction: 'x' } } }, mailboxPatch, 'filter.only.direction: Is none of in, out.'],
  [{ type: 'smtp' }, newDestination, 'type: Is none of webhook, workflow, collection.'],
  [{ ...webhook, type: 'workflow' }, newDestination, 'auth: Is missing.'],
  [{ ...webhook, auth: { type: 'digest' } }, newDestination, 'auth.type: Is none of none, basic, bearer.'],
  [{ dead: false }, replayRequest, 'dead: Can only be true.'],
  [{ anyAddress: true, expiresIn: 1 }, newConnectLink, 'expiresIn: Is less than 60.'],
  [{ scopes: ['god'] }, newKey, 'scopes.0: Is none of connect, read, write, send, token, admin.'],
  [{ state: 'gone' }, deliveryFilter, 'state: Is none of retrying, dead.'],
  [{ limit: '1000' }, mailboxFilter, 'limit: Is not a whole number from 1 to 200.'],
  [{ limit: 'all' }, mailboxFilter, 'limit: Is not a whole number from 1 to 200.'],
  [{ ownerref: '7' }, mailboxFilter, 'ownerref: Is not a known field.'],
])('describes the fault of %j in words', (input, schema, sentence) => {
  expect(refusalOf(schema, input)).toContain(sentence);
});
