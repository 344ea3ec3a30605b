import { randomUUID } from 'node:crypto';
import { Transform } from 'node:stream';

/** Messages on their way past the command parser: by what stands for them in the command. */
export interface ParkedMessages {
  /** @returns the text by which {@link ParkedMessages.take} finds it, once */
  park(raw: Buffer): string;
  /** The message, as hoodiecrow keeps them: a character a byte. Undefined if the text stands for none. */
  take(text: string): string | undefined;
}

export function createParkedMessages(): ParkedMessages {
  const parked = new Map<string, Buffer>();
  return {
    park(raw) {
      const text = randomUUID();
      parked.set(text, raw);
      // After a failed command it is not requested.
      for (const old of parked.keys()) if (parked.size > mostParked) parked.delete(old);
      return text;
    },
    take(text) {
      const raw = parked.get(text);
      parked.delete(text);
      return raw?.toString('latin1');
    },
  };
}

/** A mailbox has a connection or two, and each brings one message at a time. */
const mostParked = 8;
/** hoodiecrow's parser goes through a command character by character, at 50 bytes of memory each. */
const parkedFromBytes = 64 * 1024;
/** Exchange Online takes no larger message. https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits */
const largestBytes = 150 * 1024 * 1024;

const literal = /\{(\d{1,10})(\+)?\}\r?\n$/;

/**
 * Lets IMAP commands through, and puts a short literal in the place of each large message that an APPEND brings (RFC 3501
 * section 6.3.11; RFC 7888 for `{n+}`). A message over Exchange's limit is refused, before it is sent where that is possible.
 * @param answer writes a line to the client
 */
export function largeLiterals(parked: ParkedMessages, answer: (line: string) => void): Transform {
  /** What of a line has come. */
  let line: Buffer[] = [];
  /** Bytes of a literal that are still to come: they go through, or are collected for `command`. */
  let left = 0;
  let collected: { readonly command: string; readonly chunks: Buffer[] } | undefined;
  let isFirstLine = true;
  /** Tag of the APPEND whose lines these are; '' in any other command. */
  let tag = '';

  const lineEnded = (stream: Transform): void => {
    const text = Buffer.concat(line).toString('latin1');
    line = [];
    const [, length = '', plus] = literal.exec(text) ?? [];
    const bytes = Number(length);
    if (isFirstLine) tag = /^(\S+) APPEND /i.exec(text)?.[1] ?? '';
    const isLarge = tag !== '' && bytes >= parkedFromBytes;
    isFirstLine = length === '';
    if (!isLarge) {
      stream.push(text, 'latin1');
      left = bytes;
      return;
    }
    if (bytes > largestBytes) {
      answer(
        `${tag} NO [TOOBIG] The message is larger than ${largestBytes / 1024 ** 2} MB, which Exchange does not take.`,
      );
      isFirstLine = true;
      // A client that does not wait for permission sends it anyway, and cannot be stopped.
      if (plus !== undefined) stream.destroy();
      return;
    }
    if (plus === undefined) answer('+ Ready for additional command text.');
    left = bytes;
    collected = { command: text.replace(literal, ''), chunks: [] };
  };

  const literalEnded = (stream: Transform): void => {
    if (collected === undefined) return;
    const key = parked.park(Buffer.concat(collected.chunks));
    stream.push(`${collected.command}{${key.length}+}\r\n${key}`, 'latin1');
    collected = undefined;
  };

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length && !this.destroyed; ) {
        if (left > 0) {
          const piece = chunk.subarray(at, at + left);
          at += piece.length;
          left -= piece.length;
          if (collected === undefined) this.push(piece);
          else collected.chunks.push(piece);
          if (left === 0) literalEnded(this);
          continue;
        }
        const end = chunk.indexOf('\n', at);
        const piece = chunk.subarray(at, end < 0 ? chunk.length : end + 1);
        at += piece.length;
        line.push(piece);
        if (end >= 0) lineEnded(this);
      }
      done();
    },
  });
}
