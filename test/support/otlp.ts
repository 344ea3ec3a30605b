import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came over the wire. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' at the root. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly resource: Readonly<Record<string, string | number | boolean>>;
  readonly events: number;
  /** 2: an error. */
  readonly status: number;
  readonly statusMessage: string;
}

type Field = Buffer | bigint;

/** The fields of a message in protobuf's wire format: https://protobuf.dev/programming-guides/encoding */
function fieldsOf(message: Buffer): Map<number, Field[]> {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    if (at + length > message.length) throw new Error('The message ends in the middle of a field.');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    const read: Record<number, () => Field> = {
      0: varint,
      1: () => bytes(8),
      2: () => bytes(Number(varint())),
      5: () => bytes(4),
    };
    const value = read[wire]?.();
    if (value === undefined) throw new Error(`There is no wire type ${wire}.`);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Map<number, Field[]>, number: number): Map<number, Field[]>[] =>
  (fields.get(number) ?? []).map((field) => fieldsOf(Buffer.isBuffer(field) ? field : Buffer.alloc(0)));
const bytesOf = (fields: Map<number, Field[]>, number: number): Buffer => {
  const [field] = fields.get(number) ?? [];
  return Buffer.isBuffer(field) ? field : Buffer.alloc(0);
};
const numberOf = (fields: Map<number, Field[]>, number: number): number => {
  const [field] = fields.get(number) ?? [];
  return typeof field === 'bigint' ? Number(field) : 0;
};

/** AnyValue: https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto */
function attributesOf(pairs: readonly Map<number, Field[]>[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [value = new Map<number, Field[]>()] = messages(pair, 2);
      const told = value.has(1)
        ? bytesOf(value, 1).toString()
        : value.has(2)
          ? numberOf(value, 2) === 1
          : value.has(3)
            ? numberOf(value, 3)
            : bytesOf(value, 4).readDoubleLE();
      return [bytesOf(pair, 1).toString(), told];
    }),
  );
}

/** The spans of an ExportTraceServiceRequest (opentelemetry/proto/trace/v1/trace.proto). */
function spansOf(body: Buffer): ReceivedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = messages(resourceSpans, 1).flatMap((one) => messages(one, 1));
    return messages(resourceSpans, 2).flatMap((scope) =>
      messages(scope, 2).map((span) => {
        const [status = new Map<number, Field[]>()] = messages(span, 15);
        return {
          traceId: bytesOf(span, 1).toString('hex'),
          spanId: bytesOf(span, 2).toString('hex'),
          parentId: bytesOf(span, 4).toString('hex'),
          name: bytesOf(span, 5).toString(),
          kind: numberOf(span, 6),
          attributes: attributesOf(messages(span, 9)),
          resource: attributesOf(resource),
          events: messages(span, 11).length,
          status: numberOf(status, 3),
          statusMessage: bytesOf(status, 2).toString(),
        };
      }),
    );
  });
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** All bytes that came, as text: for what must not be among them. */
  readonly text: () => string;
  /** Paths and headers of the requests. */
  readonly requests: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[];
  stop(): Promise<void>;
}

/** Takes traces by OTLP over HTTP, as a collector does: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const bodies: Buffer[] = [];
  const spans: ReceivedSpan[] = [];
  const requests: OtlpReceiver['requests'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    bodies.push(body);
    requests.push({ path: request.url ?? '', headers: request.headers });
    spans.push(...spansOf(body));
    response.writeHead(200, { 'Content-Type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    text: () => Buffer.concat(bodies).toString('latin1'),
    requests,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
