import { randomUUID } from 'node:crypto';
import type { TableClient, TableEntity } from '@azure/data-tables';
import { toEntity } from './azure-entity.ts';
import { type BatchOperation, StoreError } from './table.ts';

/** How a transaction goes over the wire, without the sending. */
export interface BatchBody {
  readonly contentType: string;
  readonly text: string;
}

/**
 * A transaction in the very bytes that the SDK would send (learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions).
 * The SDK makes two clients, and runs a pipeline of policies for each row, to write this text: for a commit of two rows
 * that takes longer than sending it, and a message costs a commit. A test holds the two against each other.
 * @param address the service's, without a slash at its end
 * @throws StoreError `refused` with the index of a row that cannot be written
 */
export function batchBody(
  at: { readonly address: string; readonly table: string; readonly partitionKey: string },
  operations: readonly BatchOperation[],
  newId: () => string = randomUUID,
): BatchBody {
  const [batch, changeset] = [`batch_${newId()}`, `changeset_${newId()}`];
  const parts = operations.map((operation, index) => {
    try {
      return `--${changeset}\r\n${partHead}${request(at, operation)}`;
    } catch (cause) {
      // The others of the batch go on without it, as if the service had refused it.
      throw new StoreError('refused', { cause, table: at.table, index });
    }
  });
  const head = `--${batch}\r\ncontent-type: multipart/mixed; boundary=${changeset}\r\n\r\n\r\n`;
  return {
    contentType: `multipart/mixed; boundary=${batch}`,
    text: `${head}${parts.join('')}--${changeset}--\r\n--${batch}--\r\n`,
  };
}

const partHead = 'content-type: application/http\r\ncontent-transfer-encoding: binary\r\n\r\n';

const key = (text: string): string => encodeURIComponent(text.replaceAll("'", "''"));

function request(
  at: { readonly address: string; readonly table: string; readonly partitionKey: string },
  operation: BatchOperation,
): string {
  const url = `${at.address}/${at.table}`;
  const row = (rowKey: string) => `${url}(PartitionKey='${key(at.partitionKey)}',RowKey='${key(rowKey)}')`;
  const put = (entity: TableEntity, condition: string) =>
    `PUT ${row(entity.rowKey ?? '')} HTTP/1.1\r\nContent-Type: application/json\r\nDataServiceVersion: 3.0\r\n` +
    `Accept: application/json\r\n${condition}\r\n\r\n${json(entity)}\r\n`;
  switch (operation.kind) {
    case 'insert':
      return (
        `POST ${url} HTTP/1.1\r\nContent-Type: application/json;odata=nometadata\r\n` +
        'Accept: application/json;odata=minimalmetadata\r\nDataServiceVersion: 3.0\r\nPrefer: return-no-content\r\n' +
        `\r\n\r\n${json(toEntity(operation.row))}\r\n`
      );
    case 'upsert':
      return put(toEntity(operation.row), '');
    case 'replace':
      return put(toEntity(operation.row), `If-Match: ${operation.etag}\r\n`);
    case 'delete':
      return (
        `DELETE ${row(operation.rowKey)} HTTP/1.1\r\nAccept: application/json;odata=minimalmetadata\r\n` +
        'DataServiceVersion: 3.0\r\nIf-Match: *\r\n\r\n\r\n'
      );
  }
}

/** Columns with the types that JSON cannot tell (OData's `Edm`). {@link toEntity} has checked the values. */
function json({ partitionKey, rowKey, ...columns }: TableEntity): string {
  const out: Record<string, unknown> = { PartitionKey: partitionKey, RowKey: rowKey };
  for (const [name, value] of Object.entries(columns)) {
    const typed = typedOf(value);
    out[name] = typed === undefined ? value : typed.text;
    if (typed !== undefined) out[`${name}@odata.type`] = typed.type;
  }
  return JSON.stringify(out);
}

function typedOf(value: unknown): { readonly text: string; readonly type: string } | undefined {
  if (typeof value === 'bigint') return { text: value.toString(), type: 'Edm.Int64' };
  if (value instanceof Date) return { text: value.toISOString(), type: 'Edm.DateTime' };
  if (Buffer.isBuffer(value)) return { text: value.toString('base64'), type: 'Edm.Binary' };
  return undefined;
}

/** Sends transactions over a client's own pipeline, which signs them. */
export type SendBatch = (
  client: TableClient,
  partitionKey: string,
  operations: readonly BatchOperation[],
  abortSignal: AbortSignal,
) => Promise<string[]>;

/** @returns a sender that loads the SDK's HTTP client with the first transaction */
export function createSendBatch(): SendBatch {
  let loading: ReturnType<typeof load> | undefined;
  return async (client, partitionKey, operations, abortSignal) => {
    loading ??= load();
    const { createPipelineRequest, createHttpHeaders, RestError, httpClient } = await loading;
    const address = client.url.replace(/\/$/, '');
    const { contentType, text } = batchBody({ address, table: client.tableName, partitionKey }, operations);
    const answer = await client.pipeline.sendRequest(
      httpClient,
      createPipelineRequest({
        url: `${address}/$batch`,
        method: 'POST',
        headers: createHttpHeaders({
          accept: 'application/json',
          'x-ms-version': '2019-02-02',
          DataServiceVersion: '3.0;',
          MaxDataServiceVersion: '3.0;NetFx',
          'Content-Type': contentType,
        }),
        body: text,
        abortSignal,
        // Only the local emulator is reached without TLS.
        allowInsecureConnection: address.startsWith('http:'),
      }),
    );
    const found = batchAnswer(answer.status, answer.bodyAsText ?? '');
    if (found.kind === 'failed') {
      const { message, code, statusCode } = found;
      throw new RestError(message, { statusCode, ...(code === undefined ? {} : { code }) });
    }
    return [...found.etags];
  };
}

async function load() {
  const { createDefaultHttpClient, createHttpHeaders, createPipelineRequest, RestError } = await import(
    '@azure/core-rest-pipeline'
  );
  return { createHttpHeaders, createPipelineRequest, RestError, httpClient: createDefaultHttpClient() };
}

/** What the service said to a transaction. */
export type BatchAnswer =
  /** One ETag for each operation; '' for a delete. */
  | { readonly kind: 'applied'; readonly etags: readonly string[] }
  | {
      readonly kind: 'failed';
      readonly statusCode: number;
      readonly code: string | undefined;
      readonly message: string;
    };

/** Reads the answer to a transaction: a part for each operation, or the one that failed. Pure. */
export function batchAnswer(status: number, body: string): BatchAnswer {
  if (status < 200 || status >= 300) return failed(status, body);
  const parts = body.split('--changesetresponse_').slice(1, -1);
  const etags: string[] = [];
  for (const part of parts) {
    const each = Number(/HTTP\/1\.1 (\d{3})/.exec(part)?.[1]);
    if (!(each >= 200 && each < 300)) return failed(each, /\{.*\}/s.exec(part)?.[0] ?? '');
    etags.push(/^ETag: (.*?)\r?$/im.exec(part)?.[1] ?? '');
  }
  return { kind: 'applied', etags };
}

function failed(statusCode: number, body: string): BatchAnswer {
  const said = errorOf(body);
  // An answer that makes no sense says as little as none.
  const known = Number.isNaN(statusCode) ? 502 : statusCode;
  return { kind: 'failed', statusCode: known, code: said.code, message: said.message ?? 'Transaction Failed' };
}

function errorOf(body: string): { readonly code?: string; readonly message?: string } {
  try {
    const parsed: { 'odata.error'?: { code?: string; message?: { value?: string } } } = JSON.parse(body);
    const { code, message } = parsed['odata.error'] ?? {};
    return {
      ...(code === undefined ? {} : { code }),
      ...(message?.value === undefined ? {} : { message: message.value }),
    };
  } catch {
    // A proxy's page, or nothing: the status alone tells.
    return {};
  }
}
