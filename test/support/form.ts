/** One part of a form, as raw as a test wants it. */
export interface Part {
  /** After `Content-Disposition: `; quoted names are the test's own affair. */
  readonly disposition: string;
  readonly type?: string;
  readonly body: string | Uint8Array;
}

export const boundary = '------------------------d74496d66958873e';
export const formType = `multipart/form-data; boundary=${boundary}`;

/** A `multipart/form-data` body as curl writes it. */
export function form(parts: readonly Part[], { end = true }: { end?: boolean } = {}): Uint8Array {
  const chunks = parts.flatMap(({ disposition, type, body }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: ${disposition}\r\n${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n`,
    ),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from(end ? `--${boundary}--\r\n` : '')]);
}

export const field = (name: string, body: string): Part => ({ disposition: `form-data; name="${name}"`, body });

export const file = (filename: string, body: string | Uint8Array, type = 'application/octet-stream'): Part => ({
  disposition: `form-data; name="attachments"; filename="${filename}"`,
  type,
  body,
});
