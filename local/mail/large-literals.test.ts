import { expect, it } from 'vitest';
import { createParkedMessages, largeLiterals } from './large-literals.ts';

const large = Buffer.alloc(100_000, 'x');

/** Sends `input` in pieces of `size` bytes; answers what came through, with parked messages in their place again. */
async function through(input: Buffer, size: number) {
  const parked = createParkedMessages();
  const answers: string[] = [];
  const stream = largeLiterals(parked, (line) => answers.push(line));
  const out: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => out.push(chunk));
  for (let at = 0; at < input.length && !stream.destroyed; at += size) {
    stream.write(input.subarray(at, at + size));
    await new Promise(setImmediate);
  }
  const text = Buffer.concat(out).toString('latin1');
  const messages: string[] = [];
  const commands = text.replace(/\{36\+\}\r\n([0-9a-f-]{36})/g, (_, key: string) => {
    messages.push(parked.take(key) ?? 'none');
    return '{parked}';
  });
  return { commands, messages, answers, destroyed: stream.destroyed };
}

it.each([1, 7, 1000, 1_000_000])(
  'parks a large message that comes in pieces of %i bytes, and nothing else',
  async (size) => {
    const input = Buffer.concat([
      Buffer.from('1 NOOP\r\n2 SEARCH SUBJECT {5}\r\n'),
      Buffer.from('{9}\r\n'),
      Buffer.from('\r\n3 APPEND INBOX (\\Seen) {100000}\r\n'),
      large,
      Buffer.from('\r\n4 APPEND INBOX {5+}\r\nsmall\r\n5 APPEND {5+}\r\nDraft {100000+}\r\n'),
      large,
      Buffer.from('\r\n6 LOGOUT\r\n'),
    ]);
    const { commands, messages, answers } = await through(input, size);
    expect(commands).toBe(
      '1 NOOP\r\n2 SEARCH SUBJECT {5}\r\n{9}\r\n\r\n3 APPEND INBOX (\\Seen) {parked}\r\n' +
        '4 APPEND INBOX {5+}\r\nsmall\r\n5 APPEND {5+}\r\nDraft {parked}\r\n6 LOGOUT\r\n',
    );
    expect(messages).toEqual([large.toString(), large.toString()]);
    // Only the client that waits for leave is given it, and only where the server does not get to see the command.
    expect(answers).toEqual(['+ Ready for additional command text.']);
  },
);

it('refuses what Exchange would not take, before it is sent', async () => {
  const { commands, answers, destroyed } = await through(Buffer.from('7 APPEND INBOX {200000000}\r\n8 NOOP\r\n'), 10);
  expect(answers).toEqual(['7 NO [TOOBIG] The message is larger than 150 MB, which Exchange does not take.']);
  expect([commands, destroyed]).toEqual(['8 NOOP\r\n', false]);
});

it('closes the connection of a client that sends such a message without asking', async () => {
  expect((await through(Buffer.from('7 APPEND INBOX {200000000+}\r\nxxxx'), 40)).destroyed).toBe(true);
});
