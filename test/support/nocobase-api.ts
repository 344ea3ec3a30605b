import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type Fields = Record<string, unknown>;

interface Collection {
  /** Field names, and whether each is unique. */
  readonly fields: Record<string, { unique?: boolean; long?: boolean; of?: string }>;
  readonly rows: Fields[];
}

/** The REST API of NocoBase, as far as records go and as version 2.2.15 was found to behave. */
export interface NocobaseApi {
  /** `http://127.0.0.1:PORT/api` */
  readonly url: string;
  readonly host: string;
  readonly token: string;
  readonly collections: Record<string, Collection>;
  /** Requests by action and path, oldest first. */
  readonly requests: string[];
  /** Bodies of the workflow triggers that arrived. */
  readonly triggered: unknown[];
  /** Actions that the role of the key may not do, such as `view`. */
  readonly forbidden: Set<string>;
  /** The rights of the role by `collection:action`, as `roles:check` tells them; every one where there is none here. */
  readonly rights: Record<string, { readonly fields?: readonly string[]; readonly whitelist?: readonly string[] }>;
  /** Files that were uploaded, by the field that they are for. */
  readonly files: { readonly field: string; readonly name: string; readonly type: string; readonly text: string }[];
  /** Between looking for a row and inserting it: where a race is lost. */
  betweenFindAndInsert: (() => void) | undefined;
  /** Answers in place of the API, while set; `silence` for a request that is never answered. */
  override: ((action: string) => { status: number; body: string; type?: string } | 'silence' | undefined) | undefined;
  /** What a proxy makes of every answer, whether its caller wants it or not. */
  coding: { readonly name: string; readonly encode: (body: string) => Uint8Array } | undefined;
  stop(): void;
}

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function startNocobaseApi(): Promise<NocobaseApi> {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOjF9.planted-api-key';
  const text = (...names: string[]) => Object.fromEntries(names.map((name) => [name, {}]));
  const long = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { long: true }]));
  const collections: Record<string, Collection> = {
    mail_messages: {
      fields: {
        messageKey: { unique: true },
        ...text('fingerprint', 'direction', 'fromAddress', 'mailboxId', 'mailboxAddress', 'ownerRef', 'folderRole'),
        ...text('threadKey', 'messageRef', 'seen', 'flagged', 'answered', 'receivedAt', 'sentAt', 'hasAttachments'),
        ...text('isBounce', 'isAutoReply', 'isInvitation', 'removed'),
        ...long('subject', 'fromName', 'toAddresses', 'ccAddresses', 'bccAddresses', 'replyToAddresses', 'folderPath'),
        ...long('messageId', 'text', 'html', 'snippet', 'raw'),
      },
      rows: [],
    },
    mail_accounts: {
      fields: {
        mailboxId: { unique: true },
        ...text('address', 'label', 'ownerRef', 'state', 'code', 'lastEventType', 'lastEventAt'),
        ...long('remedy', 'lastEvent'),
      },
      rows: [],
    },
    mail_outbox: { fields: {}, rows: [] },
  };

  const api: NocobaseApi = {
    url: '',
    host: '',
    token,
    collections,
    requests: [],
    triggered: [],
    forbidden: new Set(),
    rights: {},
    files: [],
    betweenFindAndInsert: undefined,
    override: undefined,
    coding: undefined,
    stop: () => undefined,
  };

  const may = (action: string) => {
    if (api.forbidden.has(action)) throw new Refused(403, 'No permissions');
  };

  const clean = (collection: Collection, values: Fields): Fields => {
    const known = Object.fromEntries(Object.entries(values).filter(([name]) => name in collection.fields));
    for (const [name, value] of Object.entries(known)) {
      if (typeof value === 'string' && value.length > 255 && collection.fields[name]?.long !== true) {
        throw new Refused(500, 'value too long for type character varying(255)');
      }
    }
    return known;
  };

  const insert = (collection: Collection, values: Fields): Fields => {
    const name = Object.entries(collections).find(([, each]) => each === collection)?.[0] ?? '';
    const whitelist = api.rights[`${name}:create`]?.whitelist ?? [];
    // What the role may not fill is left out, and answered with 200.
    const allowed = Object.entries(values).filter(([field]) => whitelist.length === 0 || whitelist.includes(field));
    const row: Fields = { id: collection.rows.length + 1, ...clean(collection, Object.fromEntries(allowed)) };
    for (const [name, { unique }] of Object.entries(collection.fields)) {
      const taken = row[name] !== undefined && collection.rows.some((other) => other[name] === row[name]);
      if (unique === true && taken) throw new Refused(400, `${name} 的值重复`);
    }
    collection.rows.push(row);
    return row;
  };

  const found = (collection: Collection, query: URLSearchParams, values: Fields): Fields | undefined => {
    const keys = query.getAll('filterKeys[]');
    if (query.has('filterKeys')) throw new Refused(400, 'filterKeys');
    if (keys.length === 0) throw new Refused(500, 'filterKeys missing');
    return collection.rows.find((row) =>
      // Without the field in the record every row fits.
      keys.every((key) => !(key in collection.fields) || values[key] === undefined || row[key] === values[key]),
    );
  };

  const filtered = (collection: Collection, query: URLSearchParams): Fields[] => {
    const filter: Fields = JSON.parse(query.get('filter') ?? '{}');
    if (Object.keys(filter).some((name) => !(name in collection.fields))) throw new Refused(400, 'unknown field');
    return collection.rows.filter((row) => Object.entries(filter).every(([name, value]) => row[name] === value));
  };

  const act = (name: string, action: string, query: URLSearchParams, values: Fields): unknown => {
    if (name === 'collections' && action === 'listMeta') {
      return Object.entries(collections).map(([key, { fields }]) => ({
        name: key,
        fields: Object.entries(fields).map(([field, { unique, of }]) => ({ name: field, unique, interface: of })),
      }));
    }
    if (name === 'roles' && action === 'check') {
      const actions = Object.entries(collections).flatMap(([key, { fields }]) =>
        ['create', 'view', 'update']
          .filter((each) => !api.forbidden.has(each))
          .map((each) => {
            const all = each === 'view' ? { fields: Object.keys(fields) } : { whitelist: [] };
            return [`${key}:${each}`, api.rights[`${key}:${each}`] ?? all];
          }),
      );
      const resources = Object.keys(collections);
      return { role: 'mail_broker', strategy: { actions: [] }, resources, actions: Object.fromEntries(actions) };
    }
    if (name === 'workflows' && action === 'trigger') {
      api.triggered.push(values);
      return undefined;
    }
    const collection = collections[name];
    if (collection === undefined) throw new Refused(404, 'Not Found');
    switch (action) {
      case 'list':
        may('view');
        return filtered(collection, query).map((row) => {
          const wanted = query.getAll('fields[]');
          return wanted.length === 0 ? row : Object.fromEntries(wanted.map((field) => [field, row[field]]));
        });
      case 'firstOrCreate': {
        may('create');
        const existing = found(collection, query, values);
        if (existing !== undefined) {
          may('view');
          return existing;
        }
        api.betweenFindAndInsert?.();
        return insert(collection, values);
      }
      case 'updateOrCreate': {
        may('create');
        may('update');
        const existing = found(collection, query, values);
        return [
          existing === undefined ? insert(collection, values) : Object.assign(existing, clean(collection, values)),
        ];
      }
      case 'update': {
        may('update');
        if ((query.get('filter') ?? '{}') === '{}') throw new Refused(500, 'filter missing');
        return filtered(collection, query).map((row) => Object.assign(row, clean(collection, values)));
      }
      default:
        throw new Refused(404, 'Not Found');
    }
  };

  const server = createServer(async (request, response) => {
    // Cut off in the middle: there is no client to answer.
    const body = await read(request).catch(() => undefined);
    if (body === undefined) return;
    const url = new URL(request.url ?? '/', 'http://nocobase.invalid');
    const [, name = '', action = ''] = /^\/api\/(\w+):(\w+)$/.exec(url.pathname) ?? [];
    api.requests.push(`${request.method} ${name}:${action}`);
    const answer = (status: number, value: unknown, type = 'application/json') => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const { coding } = api;
      const headers = { 'Content-Type': type, ...(coding === undefined ? {} : { 'Content-Encoding': coding.name }) };
      response.writeHead(status, headers).end(coding?.encode(text) ?? text);
    };
    const instead = api.override?.(`${name}:${action}`);
    if (instead === 'silence') return;
    if (instead !== undefined) return answer(instead.status, instead.body, instead.type);
    if (request.headers.authorization !== `Bearer ${token}`) {
      return answer(401, { errors: [{ message: 'Your session has expired.', code: 'INVALID_TOKEN' }] });
    }
    if (name === 'attachments' && action === 'create') {
      const file = filePart(body);
      if (file.text.length > 1_000_000)
        return answer(400, { errors: [{ message: 'File too large', code: 'LIMIT_FILE_SIZE' }] });
      api.files.push({ field: url.searchParams.get('attachmentField') ?? '', ...file });
      return answer(200, { data: { id: api.files.length, filename: file.name, size: Buffer.byteLength(file.text) } });
    }
    try {
      const isJson = request.headers['content-type'] === 'application/json';
      const data = act(name, action, url.searchParams, isJson && body !== '' ? JSON.parse(body) : {});
      return answer(200, data === undefined ? {} : { data });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return error.status === 404
        ? answer(404, 'Not Found', 'text/plain')
        : answer(error.status, { errors: [{ message: error.message }] });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(api, {
    url: `http://${host}/api`,
    host,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

/** The one file of a form. */
function filePart(body: string): { name: string; type: string; text: string } {
  const form =
    /^--(\S+)\r\nContent-Disposition: form-data; name="file"; filename="([^"\r\n]*)"\r\nContent-Type: ([^\r\n]*)\r\n\r\n([\s\S]*)\r\n--\1--\r\n$/;
  const [, , name = '', type = '', text] = form.exec(body) ?? [];
  if (text === undefined) throw new Error('not a form of one file');
  return { name, type, text };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
