import { randomUUID } from 'node:crypto';
import type { DraftFile } from './uploads.ts';

/** The message that Exchange makes of a draft and its files: the draft's header, its body as the first part, the files after it. */
export function withFiles(raw: Buffer, files: readonly DraftFile[]): Buffer {
  if (files.length === 0) return raw;
  const end = raw.indexOf('\r\n\r\n');
  const fields = raw
    .subarray(0, end)
    .toString('latin1')
    .split(/\r\n(?![ \t])/);
  const isOfContent = (field: string) => /^content-/i.test(field);
  const own = fields.filter((field) => !isOfContent(field));
  const boundary = `=_${randomUUID()}`;
  const head = [...own, `Content-Type: multipart/mixed; boundary="${boundary}"`, '', ''].join('\r\n');
  const parts = [
    Buffer.from(`--${boundary}\r\n${fields.filter(isOfContent).join('\r\n')}`, 'latin1'),
    raw.subarray(end),
    ...files.map((file) => Buffer.from(`\r\n--${boundary}\r\n${partOf(file)}`)),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ];
  return Buffer.concat([Buffer.from(head, 'latin1'), ...parts]);
}

function partOf({ name, contentType, isInline, contentId, content }: DraftFile): string {
  // RFC 2231 section 4.
  const filename = `filename*=utf-8''${encodeURIComponent(name)}`;
  return [
    `Content-Type: ${contentType}`,
    `Content-Disposition: ${isInline ? 'inline' : 'attachment'}; ${filename}`,
    ...(contentId === undefined ? [] : [`Content-ID: <${contentId.replace(/^<|>$/g, '')}>`]),
    'Content-Transfer-Encoding: base64',
    '',
    content.toString('base64').replace(/.{76}/g, '$&\r\n'),
  ].join('\r\n');
}
