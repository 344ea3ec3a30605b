import { z } from 'zod';
import { line, paging } from './fields.ts';

const url = z.string().max(2000).refine(URL.canParse, 'Is not an address such as https://nocobase.example.com/api/…');

// Header values: a line break would end the header, other characters beyond Latin-1 cannot be sent.
const credential = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[\x20-\x7e]+$/, 'Is empty or contains a character that is not printable ASCII.');

// NocoBase takes `Authorization: Basic` for a bad token.
const apiKey = z.strictObject({ type: z.literal('bearer'), token: credential(4000) });

/** How the broker signs in at the destination. */
const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('basic'),
    // RFC 7617 section 2: the first colon ends the user.
    user: line(200).regex(/^[^:]*$/, 'Holds a colon.'),
    password: line(500),
  }),
  apiKey,
]);

const collectionName = z.string().regex(/^[A-Za-z_]\w{0,62}$/, 'Is not the name of a collection.');

const collections = z.strictObject({
  messages: collectionName,
  accounts: collectionName,
  outbox: collectionName,
  /** The attachment field of `messages`; with it files are uploaded, without it they are links. */
  attachments: collectionName.optional(),
});

const common = { name: line(100), url, rawHtml: z.boolean().default(false), paused: z.boolean().default(false) };

/** A collection has no field for it. */
const folderCounts = z.boolean().optional();

/** Body of POST destinations. */
export const newDestination = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('webhook'),
    ...common,
    auth: auth.default({ type: 'none' }),
    folderCounts,
    signingSecret: z.string().max(100).optional(),
  }),
  /** `url`: …/api/workflows:trigger?triggerWorkflows=KEY */
  z.strictObject({ type: z.literal('workflow'), ...common, auth: apiKey, folderCounts }),
  /** `url`: the API of NocoBase, …/api or …/api/__app/NAME */
  z.strictObject({ type: z.literal('collection'), ...common, auth: apiKey, collections }),
]);

/** Body of PATCH destinations/{id}: what is left out stays. */
export const destinationPatch = z.strictObject({
  name: line(100).optional(),
  url: url.optional(),
  rawHtml: z.boolean().optional(),
  paused: z.boolean().optional(),
  folderCounts,
  auth: auth.optional(),
  collections: collections.optional(),
  /** Adds a new signing secret; the one before stays good until it is dropped or the next rotation. */
  rotateSigningSecret: z.literal(true).optional(),
  /** Leaves the newest signing secret alone. */
  dropOldSigningSecret: z.literal(true).optional(),
});

/** Query of GET destinations. */
export const destinationFilter = z.strictObject(paging);
