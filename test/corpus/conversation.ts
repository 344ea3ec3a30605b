import { type CorpusMessage, lines } from './build.ts';

const mails: CorpusMessage[] = [];
const add = (name: string, shared: boolean, ...headers: readonly string[]): void => {
  const source = Buffer.from(lines('From: Ada <ada@contoso.example>', 'To: bob@x.example', ...headers, '', 'x'));
  mails.push({ name, source, expect: { shared } });
};

const id = (own: string) => `Message-ID: <${own}@x.example>`;
const answers = (own: string) => `In-Reply-To: <${own}@x.example>`;
const after = (...all: readonly string[]) => `References: ${all.map((each) => `<${each}@x.example>`).join('\r\n ')}`;
const index = (answers: number) => {
  const bytes = Buffer.alloc(22 + 5 * answers, 7);
  bytes[0] = 1;
  return `Thread-Index: ${bytes.toString('base64').replace(/.{70}/g, '$&\r\n ')}`;
};
const hundred = Array.from({ length: 150 }, (_, n) => `old${n}`);

// The first one is what the others belong to, or not.
add('the first mail', true, id('root'), index(0));
add('an answer', true, id('second'), answers('root'), after('root'));
add('an answer to that', true, id('third'), answers('second'), after('root', 'second'));
add('an answer with In-Reply-To alone', true, id('third-2'), answers('second'));
add('an answer to that one, alike', true, id('fourth'), answers('third-2'));
add('an answer whose References were cut to the last', true, id('third-3'), answers('second'), after('second'));
add('an answer whose References were cut to two', true, id('x1'), answers('third'), after('second', 'third'));
add('an answer with References alone', true, id('x2'), after('root'));
add(
  'an answer whose program puts the newest first',
  true,
  id('x3'),
  answers('third'),
  after('third', 'second', 'root'),
);
add('an answer after a hundred and fifty', true, id('x4'), answers('old149'), after('root', ...hundred));
add('an answer whose References the parent leads on', true, id('x5'), answers('third'), after('gone', 'third'));
add('an answer with a Thread-Index alone', true, id('x6'), index(1), 'Thread-Topic: Deal');
add('an answer to it', true, id('x7'), answers('x6'), after('x6'));
add('an answer with a Thread-Index of many', true, id('x8'), index(40));
add(
  'an answer with words around the id',
  true,
  id('x9'),
  'In-Reply-To: Message from Bob <bob@x.example> of "1 May" <root@x.example>',
);
add('an answer that names the person, too', true, id('x10'), 'In-Reply-To: <bob@x.example> <root@x.example>');
add('an answer whose id is folded', true, id('x11'), 'In-Reply-To: <ro', '\tot@x.example>');
add('an answer to a mail that is not there', false, id('y1'), answers('gone'));
add('another first mail', false, id('y2'), 'Subject: Re: the same subject');
add('an answer with another Thread-Index', false, id('y3'), index(1).replace('AQcHBwcH', 'AQcHBwcI'));
add('a Thread-Index that is none', false, id('y4'), 'Thread-Index: 12345');
add('an answer that names a person alone', false, id('y5'), 'In-Reply-To: Message from Bob <bob@x.example>');

/** Mails of one conversation, and others; `expect.shared` says which. */
export const conversation: readonly CorpusMessage[] = mails;
