import { describe, expect, it } from 'vitest';
import { createBoundedMap } from '../../domain/bounded-map.ts';
import { type Ancestors, type Ancestry, findThreadRoot } from './thread-root.ts';

const mail = (id: string, inReplyTo?: string, references: readonly string[] = [], threadIndex?: string): Ancestry => ({
  messageId: `<${id}>`,
  inReplyTo: inReplyTo === undefined ? undefined : `<${inReplyTo}>`,
  references: references.map((each) => `<${each}>`),
  ...(threadIndex === undefined ? {} : { threadIndex }),
});

/** A folder with these mails in it, oldest first. */
function folder(...mails: readonly Ancestry[]) {
  const asked: string[] = [];
  const ancestors: Ancestors = {
    byId: async (id) => {
      asked.push(id);
      return mails.find(({ messageId }) => messageId === `<${id}>`);
    },
    byThreadIndex: async (beginning, isOther) => {
      asked.push(beginning);
      return mails.find((one) => one.threadIndex === beginning && isOther(one));
    },
  };
  const known = createBoundedMap<string, string>(100);
  return { asked, rootOf: (one: Ancestry) => findThreadRoot(one, ancestors, known) };
}

const root = mail('root');
const second = mail('second', 'root', ['root']);
const third = mail('third', 'second');
const opening = mail('opening', undefined, [], 'i');
const early = mail('early', undefined, [], 'i');

describe('the root of a conversation', () => {
  it.each<[string, Ancestry, readonly Ancestry[], string]>([
    ['a mail by itself', root, [root], 'root'],
    ['an answer', second, [root, second], 'root'],
    ['an answer whose first mail is not there', second, [second], 'root'],
    ['an answer that came first, and has a Thread-Index alone', early, [early, opening], 'opening'],
    ['an answer that names its parent alone', third, [root, second, third], 'root'],
    ['an answer whose References were cut', mail('x', 'second', ['second']), [root, second], 'root'],
    ['one that was cut to two', mail('x', 'third', ['second', 'third']), [root, second, third], 'root'],
    ['an answer whose parent is not there', third, [root, third], 'second'],
    ['ancestors in the wrong order', mail('x', 'second', ['second', 'root']), [root, second], 'root'],
    ['ancestors in the wrong order, the oldest gone', mail('x', 'second', ['second', 'root']), [second], 'root'],
    ['a chain of answers to answers', mail('x', 'third'), [root, second, third], 'root'],
    ['what is only found by the parent', mail('x', 'third', ['gone', 'third']), [second, third], 'root'],
    ['Outlook’s index alone', mail('x', undefined, [], 'ti'), [mail('root', undefined, [], 'ti')], 'root'],
    ['Outlook’s index, of an answer', mail('x', undefined, [], 'ti'), [mail('second', 'root', ['root'], 'ti')], 'root'],
    ['Outlook’s index that nobody else has', mail('x', undefined, [], 'ti'), [mail('x', undefined, [], 'ti')], 'x'],
    ['an index beside an ancestor', mail('x', 'gone', [], 'ti'), [mail('root', undefined, [], 'ti')], 'gone'],
    ['two mails that name each other', mail('a', 'b'), [mail('a', 'b'), mail('b', 'a')], 'a'],
  ])('is found for %s', async (_, one, mails, wanted) => {
    expect(await folder(...mails).rootOf(one)).toBe(wanted);
  });

  it('is not looked for without end', async () => {
    const chain = Array.from({ length: 100 }, (_, n) => mail(String(n), String(n + 1)));
    const { asked, rootOf } = folder(...chain);
    expect(await rootOf(mail('x', '0'))).toBe('10');
    expect(asked).toHaveLength(10);
  });

  it('is asked for once, found or not', async () => {
    const { asked, rootOf } = folder(root, second, third);
    for (const id of ['a', 'b', 'c']) expect(await rootOf(mail(id, 'second', ['second']))).toBe('root');
    for (const id of ['d', 'e']) expect(await rootOf(mail(id, 'gone', ['gone']))).toBe('gone');
    expect(asked).toEqual(['second', 'root', 'gone']);
  });

  it('stays what it is when another mail comes under the same id', async () => {
    const { rootOf } = folder(root, second);
    expect(await rootOf(mail('root', 'elsewhere', ['elsewhere']))).toBe('elsewhere');
    expect(await rootOf(mail('x', 'root', ['root']))).toBe('root');
  });
});
