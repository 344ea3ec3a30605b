import type { z } from 'zod';
import * as draft from './drafts.ts';
import * as mail from './mailboxes.ts';
import * as messages from './messages.ts';
import * as ops from './operations.ts';
import * as sent from './submissions.ts';

/** What an address answers with, apart from failures: the schema of its JSON, bytes, a text, or nothing. */
export type AnswerShape = z.ZodType | 'file' | 'text' | 'nothing' | 'openapi';

export interface Operation {
  readonly summary: string;
  readonly answers: Readonly<Record<number, AnswerShape>>;
  /**
   * A call that works, as a test makes it. Names in braces stand for ids; `query` and `body` are what the caller sends.
   */
  readonly example?: { readonly query?: string; readonly body?: object; readonly headers?: Record<string, string> };
}

/** Every address of the API by method and route, in the order in which the document shows them. */
export const operations: Readonly<Record<string, Operation>> = {
  'GET mailboxes': {
    summary: 'List mailboxes',
    answers: { 200: mail.mailboxes },
    example: { query: 'state=active&limit=10' },
  },
  'POST mailboxes': {
    summary: 'Add a shared mailbox, or one that the app itself opens',
    answers: { 200: mail.addedMailbox, 201: mail.addedMailbox },
    example: { body: { address: 'support@contoso.example', viaMailboxId: '{mailboxId}', label: 'Support' } },
  },
  'GET mailboxes/{id}': { summary: 'Show a mailbox', answers: { 200: mail.mailboxWithReplays }, example: {} },
  'PATCH mailboxes/{id}': {
    summary: 'Change a mailbox',
    answers: { 200: mail.mailboxWithSync },
    example: { body: { label: 'Contoso Sales' } },
  },
  'DELETE mailboxes/{id}': { summary: 'Disconnect a mailbox', answers: { 204: 'nothing' }, example: {} },
  'POST mailboxes/{id}/sync': { summary: 'Poll a mailbox now', answers: { 202: mail.mailbox }, example: { body: {} } },
  'POST mailboxes/{id}/token': {
    summary: 'Get an access token',
    answers: { 200: mail.token },
    example: { body: { resource: 'outlook' } },
  },
  'POST mailboxes/{id}/replay': {
    summary: 'Have mail delivered again',
    answers: { 202: mail.replay },
    example: { body: { dead: true } },
  },
  'DELETE mailboxes/{id}/replay': { summary: 'Give replays up', answers: { 202: mail.replays }, example: {} },
  'GET mailboxes/{id}/folders': {
    summary: 'List folders',
    answers: { 200: messages.folders },
    example: { query: 'counts=inbox,sent' },
  },
  'GET mailboxes/{id}/changes': {
    summary: 'List changed flags of a folder',
    answers: { 200: messages.changes },
    example: { query: 'folder=inbox&limit=100' },
  },
  'GET mailboxes/{id}/messages': {
    summary: 'List or search a folder',
    answers: { 200: messages.messages },
    example: { query: 'folder=inbox&from=grace&limit=20' },
  },
  'PATCH mailboxes/{id}/messages': {
    summary: 'Change up to 100 messages',
    answers: { 200: messages.allChanged },
    example: { body: { messageRefs: ['{messageRef}'], seen: true } },
  },
  'GET mailboxes/{id}/messages/{messageRef}': {
    summary: 'Open a message',
    answers: { 200: messages.message },
    example: {},
  },
  'PATCH mailboxes/{id}/messages/{messageRef}': {
    summary: 'Change a message',
    answers: { 200: messages.oneChanged },
    example: { body: { flagged: true } },
  },
  'GET mailboxes/{id}/messages/{messageRef}/thread': {
    summary: 'Show the conversation of a message',
    answers: { 200: messages.thread },
    example: { query: 'folders=junk,trash' },
  },
  'GET mailboxes/{id}/messages/{messageRef}/raw': {
    summary: 'Download a message',
    answers: { 200: 'file', 206: 'file' },
    example: { headers: { range: 'bytes=0-99' } },
  },
  'GET mailboxes/{id}/messages/{messageRef}/attachments/{part}': {
    summary: 'Download a file of a message',
    answers: { 200: 'file', 206: 'file' },
    example: {},
  },
  'POST mailboxes/{id}/messages/{messageRef}/response': {
    summary: 'Answer an invitation',
    answers: { 200: sent.invitationAnswered, 202: sent.invitationAnswered },
    example: { body: { answer: 'accepted', comment: 'See you there.' } },
  },
  'DELETE mailboxes/{id}/messages/{messageRef}': {
    summary: 'Delete a message',
    answers: { 200: messages.oneChanged },
    example: { query: 'permanently=false' },
  },
  'GET mailboxes/{id}/drafts': {
    summary: 'List drafts that were made here',
    answers: { 200: draft.drafts },
    example: { query: 'limit=10' },
  },
  'POST mailboxes/{id}/drafts': {
    summary: 'Make a draft, also of an answer',
    answers: { 201: draft.draft },
    example: { body: { to: ['grace@contoso.example'], subject: 'Your order', text: 'Dear Grace,' } },
  },
  'GET mailboxes/{id}/drafts/{draftId}': { summary: 'Read a draft', answers: { 200: draft.draft }, example: {} },
  'PUT mailboxes/{id}/drafts/{draftId}': {
    summary: 'Save the fields of a draft',
    answers: { 200: draft.draft },
    example: {
      body: { base: 1, to: ['grace@contoso.example'], subject: 'Your order', text: 'Dear Grace, thank you.' },
    },
  },
  'DELETE mailboxes/{id}/drafts/{draftId}': {
    summary: 'Discard a draft',
    answers: { 204: 'nothing' },
    example: { query: 'base=1' },
  },
  'POST mailboxes/{id}/drafts/{draftId}/send': {
    summary: 'Send a draft, now or later',
    answers: { 202: sent.submission },
    example: { body: { base: 1, sendAt: '2026-12-01T09:00:00+08:00' } },
  },
  'POST mailboxes/{id}/uploads': {
    summary: 'Upload files once, to be used in drafts and messages for a day',
    answers: { 201: sent.uploads },
    example: {
      body: { files: [{ filename: 'prices.csv', contentType: 'text/csv', content: 'cG9zaXRpb247cHJpY2U=' }] },
    },
  },
  'POST mailboxes/{id}/send': {
    summary: 'Send a message, or show what would be sent (dryRun)',
    answers: { 200: sent.submission.or(sent.dryRun), 202: sent.submission },
    example: {
      body: { to: ['grace@contoso.example'], subject: 'Your order', text: 'Thank you.', dryRun: true },
    },
  },
  'POST mailboxes/{id}/bulk': {
    summary: 'Send up to 500 personal messages',
    answers: { 202: sent.bulk },
    example: {
      headers: { 'idempotency-key': 'example-1' },
      body: { messages: [{ to: ['grace@contoso.example'], subject: 'News', text: 'Hello Grace.' }] },
    },
  },
  'GET mailboxes/{id}/submissions': {
    summary: 'List what was sent from a mailbox',
    answers: { 200: sent.submissions },
    example: { query: 'limit=10' },
  },
  'GET mailboxes/{id}/suppressions': {
    summary: 'List the addresses to which a mailbox sends nothing',
    answers: { 200: sent.suppressions },
    example: { query: 'limit=10' },
  },
  'PUT mailboxes/{id}/suppressions': {
    summary: 'Add addresses to which a mailbox sends nothing',
    answers: { 200: sent.madeSuppressions },
    example: { body: { addresses: ['grace@contoso.example'], note: 'Asked for no more mail' } },
  },
  'DELETE mailboxes/{id}/suppressions': {
    summary: 'Let a mailbox send to an address again',
    answers: { 204: 'nothing' },
    example: { query: 'address=grace@contoso.example' },
  },
  'GET submissions/{id}': { summary: 'Show a submission', answers: { 200: sent.submission }, example: {} },
  'DELETE submissions/{id}': { summary: 'Cancel a submission', answers: { 200: sent.submission }, example: {} },
  'POST submissions/{id}/resend': {
    summary: 'Send a submission of unknown end again',
    answers: { 200: sent.submission },
    example: { body: {} },
  },
  'POST submissions/{id}/settle': {
    summary: 'Note what became of a submission',
    answers: { 200: sent.submission },
    example: { body: { as: 'sent' } },
  },
  'POST connect-links': {
    summary: 'Make a link by which a person connects a mailbox',
    answers: { 201: mail.link },
    example: { body: { expectedAddress: 'grace@contoso.example', label: 'Contoso Sales', ownerRef: 7 } },
  },
  'POST tenant-consent-links': {
    summary: 'Make a link by which an administrator consents for a tenant',
    answers: { 201: mail.consentLink },
    example: { body: {} },
  },
  'GET deliveries': {
    summary: 'List mail that did not go through',
    answers: { 200: mail.deliveries },
    example: { query: 'state=dead' },
  },
  'POST deliveries/{id}/replay': {
    summary: 'Deliver one mail again',
    answers: { 202: mail.replay },
    example: { body: {} },
  },
  'GET destinations': { summary: 'List destinations', answers: { 200: ops.destinations }, example: {} },
  'POST destinations': {
    summary: 'Make a destination',
    answers: { 201: ops.changedDestination },
    example: { body: { type: 'webhook', name: 'Our receiver', url: 'https://hooks.example.com/mail' } },
  },
  'GET destinations/{id}': { summary: 'Show a destination', answers: { 200: ops.destination }, example: {} },
  'PATCH destinations/{id}': {
    summary: 'Change a destination',
    answers: { 200: ops.changedDestination },
    example: { body: { name: 'Our NocoBase' } },
  },
  'DELETE destinations/{id}': { summary: 'Remove a destination', answers: { 204: 'nothing' }, example: {} },
  'POST destinations/{id}/test': {
    summary: 'Send a test event',
    answers: { 200: ops.destinationTest },
    example: { body: {} },
  },
  'POST destinations/{id}/replay': {
    summary: 'Have mail of all mailboxes of a destination delivered again',
    answers: { 202: ops.countOfMailboxes },
    example: { body: { dead: true } },
  },
  'DELETE destinations/{id}/replay': {
    summary: 'Give the replays of a destination up',
    answers: { 202: ops.countOfMailboxes },
    example: {},
  },
  'GET keys': { summary: 'List API keys', answers: { 200: ops.keys }, example: {} },
  'POST keys': {
    summary: 'Make an API key',
    answers: { 201: ops.newKey },
    example: { body: { scopes: ['read'], label: 'Mail client' } },
  },
  'DELETE keys/{id}': { summary: 'Remove an API key', answers: { 204: 'nothing' }, example: {} },
  'GET attachments': {
    summary: 'Download a file by its link',
    answers: { 200: 'file', 206: 'file' },
    example: { query: 'token={token}' },
  },
  'GET doctor': { summary: 'Find out what is wrong', answers: { 200: ops.doctor }, example: { query: 'lang=en' } },
  'GET health': { summary: 'Whether the broker works', answers: { 200: ops.health }, example: {} },
  'GET metrics': { summary: 'Figures for Prometheus', answers: { 200: 'text' }, example: {} },
  'GET openapi.json': { summary: 'This document', answers: { 200: 'openapi' }, example: {} },
  'GET reseal': { summary: 'How far re-sealing has come', answers: { 200: ops.reseal }, example: {} },
  'POST reseal': { summary: 'Go on re-sealing now', answers: { 200: ops.reseal }, example: { body: {} } },
};
