import { createWriteStream, openAsBlob } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type AddCommand, UsageError } from '../../command.ts';
import { type OverApi, overApi } from './command-over-api.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const examples = `
Examples:
  broker api GET mailboxes/ID/messages --query folder=inbox --query limit=20
  broker api POST mailboxes/ID/send --data @message.json --header "Idempotency-Key: order-7"
  broker api POST mailboxes/ID/uploads --form file=@offer.pdf
  broker api GET mailboxes/ID/messages/REF/raw --output message.eml

docs/builder.md and GET openapi.json have the routes.`;

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

interface Given {
  readonly query: readonly string[];
  readonly form: readonly string[];
  readonly header: readonly string[];
  readonly data?: string;
  readonly output?: string;
  readonly all?: boolean;
}

/** `broker api METHOD PATH`: any request of the API, for what has no command of its own. */
export const addApi: AddCommand = (program, io, ended) => {
  const command = program
    .command('api')
    .description('any request to the API, as docs/builder.md and openapi.json describe it')
    .argument('<method>', methods.join(', '))
    .argument('<path>', 'behind /api/, such as mailboxes or submissions/ID')
    .option('--query <name=value>', 'a parameter of the query; may be repeated', collect, [])
    .option('--data <json>', 'JSON to send, or @FILE')
    .option('--form <name=value>', 'a field of a form to send, or name=@FILE; may be repeated', collect, [])
    .option('--header <name: value>', 'a header, such as Idempotency-Key; may be repeated', collect, [])
    .option('--output <file>', 'where to put an answer that is a file')
    .option('--all', 'a list with all its pages')
    .addHelpText('after', examples);
  overApi(command, io, ended, async (over, [method = '', path = '']) => {
    const given = command.opts<Given>();
    const known = methods.find((each) => each === method.toUpperCase());
    if (known === undefined) throw new UsageError(`The method is one of ${methods.join(', ')}.`);
    const query = given.query.map((pair) => split(pair, '=', '--query'));
    const target = path.replace(/^\/?(api\/)?/, '');
    if (given.all === true) {
      if (known !== 'GET') throw new UsageError('--all is for GET.');
      const items: unknown[] = [];
      for await (const item of over.client.all(target, Object.fromEntries(query))) items.push(item);
      over.result(items, () => [JSON.stringify(items, null, 2)]);
      return 0;
    }
    const search = new URLSearchParams(query);
    const answer = await over.client.request(known, search.size === 0 ? target : `${target}?${search}`, {
      ...(await bodyOf(given)),
      headers: given.header.map((line) => split(line, ':', '--header')),
    });
    await show(over, answer, given.output);
    return 0;
  });
};

/** @throws UsageError */
function split(text: string, by: string, option: string): [name: string, value: string] {
  const at = text.indexOf(by);
  if (at < 1) throw new UsageError(`${option} takes a name and a value, with ${JSON.stringify(by)} between them.`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** @throws UsageError */
async function bodyOf({ data, form }: Given): Promise<{ readonly body?: string | FormData }> {
  if (data !== undefined && form.length > 0) throw new UsageError('Give --data or --form, and not both.');
  if (data !== undefined) {
    const text = data.startsWith('@') ? await readOrRefuse(data.slice(1)) : data;
    if (!isJson(text)) throw new UsageError('--data takes JSON, or @FILE with JSON in it.');
    return { body: text };
  }
  if (form.length === 0) return {};
  const fields = new FormData();
  for (const [name, value] of form.map((pair) => split(pair, '=', '--form'))) {
    if (!value.startsWith('@')) {
      fields.append(name, value);
      continue;
    }
    const file = value.slice(1);
    const content = await openAsBlob(file).catch(() => undefined);
    if (content === undefined) throw new UsageError(`${file} cannot be read.`);
    fields.append(name, content, basename(file));
  }
  return { body: fields };
}

async function readOrRefuse(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new UsageError(`${file} cannot be read.`);
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function show(over: OverApi, answer: Response, output: string | undefined): Promise<void> {
  const type = answer.headers.get('content-type') ?? '';
  if (output !== undefined && answer.body !== null) {
    await pipeline(Readable.fromWeb(answer.body), createWriteStream(output));
    const { size } = await stat(output);
    over.result({ file: output, bytes: size }, () => [`${size} bytes in ${output}`]);
  } else if (/json/.test(type)) {
    const value: unknown = await answer.json();
    over.result(value, () => [JSON.stringify(value, null, 2)]);
  } else if (type.startsWith('text/')) {
    const text = await answer.text();
    over.result(text, () => text.trimEnd().split('\n'));
  } else if (answer.status === 204 || type === '') {
    await answer.body?.cancel();
    over.result({ status: answer.status }, () => ['Done.']);
  } else {
    await answer.body?.cancel();
    throw new UsageError('The answer is a file: say where to put it, with --output FILE.');
  }
}
