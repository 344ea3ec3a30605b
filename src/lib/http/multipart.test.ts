import { createHash } from 'node:crypto';
import { HttpRequest } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { boundary, field, file, form, formType } from '../../../test/support/form.ts';
import { BrokerError } from '../errors.ts';
import { type FileStore, type FormLimits, readMultipart } from './multipart.ts';

const limits: FormLimits = {
  limitBytes: 1_000_000,
  withinMs: 5_000,
  fileField: 'attachments',
  mostFiles: 3,
  fieldBytes: 1_000,
};

/** Keeps files in memory, and knows what was not given back. */
function memoryFiles() {
  const kept = new Set<object>();
  const store: FileStore = {
    async put(content) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      const stored = {
        async *open() {
          yield* chunks;
        },
        drop: async () => void kept.delete(stored),
      };
      kept.add(stored);
      return stored;
    },
  };
  return { store, kept };
}

const request = (body: Uint8Array | ReadableStream<Uint8Array>, type = formType): HttpRequest => {
  const made = new HttpRequest({
    method: 'POST',
    url: 'http://localhost/',
    headers: { 'content-type': type },
    ...(body instanceof Uint8Array ? { body: { bytes: body } } : {}),
  });
  if (body instanceof Uint8Array) return made;
  return new Proxy(made, { get: (target, name) => (name === 'body' ? body : Reflect.get(target, name, target)) });
};

async function read(body: Uint8Array | ReadableStream<Uint8Array>, type?: string) {
  const { store, kept } = memoryFiles();
  const { fields, files } = await readMultipart(request(body, type), limits, store);
  const texts = await Promise.all(
    files.map(async ({ open }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of open()) chunks.push(chunk);
      return Buffer.concat(chunks).toString('latin1');
    }),
  );
  return { fields: { ...fields }, files, texts, kept };
}

async function refusalOf(
  body: Uint8Array | ReadableStream<Uint8Array>,
  { type = formType, store = memoryFiles() } = {},
) {
  const error = await readMultipart(request(body, type), limits, store.store).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(store.kept.size, 'files are left').toBe(0);
  if (!(error instanceof BrokerError)) throw new Error(`not refused: ${error}`);
  return { code: error.code, fields: error.fields };
}

describe('a form', () => {
  it('has its texts by their names, repeated ones as lists, and its files with name, type, length and hash', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256));
    const { fields, files, texts } = await read(
      form([
        field('to', 'grace@x.example'),
        file('Übersicht – 你好.pdf', bytes, 'application/pdf'),
        field('to', 'bob@x.example'),
        field('subject', 'Grüße'),
        file('empty.txt', '', 'text/plain'),
      ]),
    );
    expect(fields).toEqual({ to: ['grace@x.example', 'bob@x.example'], subject: 'Grüße' });
    expect(files).toMatchObject([
      {
        filename: 'Übersicht – 你好.pdf',
        contentType: 'application/pdf',
        size: 300_000,
        sha256: createHash('sha256').update(bytes).digest('base64url'),
      },
      { filename: 'empty.txt', contentType: 'text/plain', size: 0 },
    ]);
    expect(texts).toEqual([bytes.toString('latin1'), '']);
  });

  it.each([1, 2, 7, 64, 1_000])('is the same however it comes, in pieces of %d bytes', async (size) => {
    const body = form([field('subject', 'x\r\n--y'), file('a.bin', `\r\n--${boundary.slice(0, -1)}\r\n\r\n`)]);
    let at = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= body.length) controller.close();
        else controller.enqueue(body.subarray(at, at + size));
        at += size;
      },
    });
    const { fields, texts } = await read(stream);
    expect([fields, texts]).toEqual([{ subject: 'x\r\n--y' }, [`\r\n--${boundary.slice(0, -1)}\r\n\r\n`]]);
  });

  it('takes a file input in which nothing was chosen for no file', async () => {
    const { files, kept } = await read(form([field('subject', 'x'), file('', '')]));
    expect([files, kept.size]).toEqual([[], 0]);
  });

  it('takes names that every object has for what they are', async () => {
    const { fields } = await read(form([field('__proto__', 'x'), field('constructor', 'y')]));
    expect(Object.entries(fields)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  });

  it('takes a path for the name of its file', async () => {
    const { files } = await read(form([file('C:\\\\temp\\\\a.txt', 'x'), file('../../etc/passwd', 'x')]));
    expect(files.map(({ filename }) => filename)).toEqual(['a.txt', 'passwd']);
  });
});

describe('a form is refused, and nothing of it is left,', () => {
  const whole = form([field('to', 'grace@x.example'), file('a.txt', 'x'.repeat(500)), file('b.txt', 'y')]);

  it.each([
    ['in the middle of a file', whole.subarray(0, 500)],
    ['before the end of the last part', whole.subarray(0, whole.length - boundary.length - 8)],
    ['in a header', whole.subarray(0, 100)],
    ['at its beginning', whole.subarray(0, 3)],
    ['and is empty', new Uint8Array()],
    ['without its closing line', form([field('to', 'x')], { end: false })],
  ])('if it ends too early %s', async (_where, body) => {
    expect(await refusalOf(body)).toEqual({ code: 'malformed_form', fields: [] });
  });

  it('if its connection breaks', async () => {
    let isFirst = true;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (isFirst) controller.enqueue(whole.subarray(0, 500));
        else controller.error(new Error('aborted'));
        isFirst = false;
      },
    });
    const { store, kept } = memoryFiles();
    await expect(readMultipart(request(stream), limits, store)).rejects.toThrow('aborted');
    expect(kept.size).toBe(0);
  });

  it.each([
    ['without a boundary', 'multipart/form-data'],
    ['with another boundary', 'multipart/form-data; boundary=other'],
    ['with an empty boundary', 'multipart/form-data; boundary='],
    ['with an empty boundary in quotes', 'multipart/form-data; boundary=""'],
    ['with a boundary that is too long', `multipart/form-data; boundary=${'x'.repeat(71)}`],
  ])('%s', async (_what, type) => {
    expect((await refusalOf(whole, { type })).code).toBe('malformed_form');
  });

  it.each<[string, Parameters<typeof form>[0]]>([
    ['without a disposition of a form', [{ disposition: 'attachment; filename="a.txt"', body: 'x' }]],
    ['without a name', [{ disposition: 'form-data', body: 'x' }]],
    [
      'with a line break in its name',
      [{ disposition: 'form-data; name="attachments"; filename="a\nBcc: eve@x"', body: 'x' }],
    ],
    ['with a carriage return in its name', [{ disposition: 'form-data; name="a\rb"', body: 'x' }]],
  ])('if it has a part %s, which the parser would drop silently', async (_what, parts) => {
    expect((await refusalOf(form([field('to', 'x'), ...parts]))).code).toMatch(/^(malformed_form|invalid_request)$/);
  });

  it('if a file name continues the header, so that no second header is created', async () => {
    const parts = [
      { disposition: 'form-data; name="attachments"; filename="a\r\nBcc: eve@evil.example\r\n.txt"', body: 'x' },
    ];
    const { files } = await read(form(parts)).catch(() => ({ files: [] }));
    for (const { filename } of files) expect(filename).not.toMatch(/[\r\n]|eve/);
  });

  it.each<[string, Parameters<typeof form>[0], string, string]>([
    ['more files than may be', Array(4).fill(file('a', 'x')), 'attachments', 'Has more than 3 files.'],
    ['a text that is too long', [field('subject', 'x'.repeat(1_001))], 'subject', 'Has more than 1000 bytes.'],
    ['more parts than may be', Array(1_001).fill(field('a', 'x')), 'body', 'Has more than 1000 parts.'],
    [
      'a file where none goes',
      [{ disposition: 'form-data; name="html"; filename="a.html"', body: 'x' }],
      'html',
      'Contains a file; files belong in attachments.',
    ],
    [
      'a file under a name that is none',
      [{ disposition: 'form-data; name="<b>"; filename="a"', body: 'x' }],
      '(unnamed)',
      'Contains a file; files belong in attachments.',
    ],
  ])('with %s', async (_what, parts, name, message) => {
    expect(await refusalOf(form([file('first.txt', 'x'), ...parts]))).toEqual({
      code: 'invalid_request',
      fields: [{ field: name, message }],
    });
  });

  it('if it is too long, regardless of the announced length', async () => {
    expect((await refusalOf(form([file('a', new Uint8Array(1_000_000))]))).code).toBe('body_too_large');
  });

  it('if its files are not stored in time', async () => {
    const store: FileStore = { put: () => new Promise(() => {}) };
    const waiting = readMultipart(request(whole), { ...limits, withinMs: 20 }, store);
    await expect(waiting).rejects.toMatchObject({ code: 'body_too_slow' });
  });

  it('if its files cannot be stored', async () => {
    const { store, kept } = memoryFiles();
    let calls = 0;
    const failing: FileStore = {
      put: (content) => {
        calls += 1;
        if (calls === 1) return store.put(content);
        throw new BrokerError('storage_unreachable');
      },
    };
    const body = form([file('a', 'x'), file('b', new Uint8Array(900_000))]);
    expect((await refusalOf(body, { store: { store: failing, kept } })).code).toBe('storage_unreachable');
  });
});
