import { Readable } from 'node:stream';

// RFC 5321 section 4.1.1.4. Within a message it cannot be: dots at the beginning of a line are doubled.
const endOfData = '\r\n.\r\n';

/**
 * The bytes of a message on their way into an SMTP connection, and whether the last one of them has been written. What is
 * watched is the stream into which nodemailer has this one flow, behind which there is only the socket.
 */
export class WatchedSource {
  readonly stream: Readable;
  #tail = '';
  #failed: { readonly error: unknown } | undefined;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.stream = Readable.from(this.#read(bytes), { objectMode: false });
    const pipe = this.stream.pipe.bind(this.stream);
    this.stream.pipe = <T extends NodeJS.WritableStream>(target: T, options?: { end?: boolean }): T => {
      target.on('data', (chunk: Buffer) => {
        this.#tail = (this.#tail + chunk.toString('latin1')).slice(-endOfData.length);
      });
      return pipe(target, options);
    };
  }

  /** True once the final `.` has been given to the socket: from then on only the server knows the outcome. */
  get isHandedOver(): boolean {
    return this.#tail === endOfData;
  }

  /** What reading the message failed with; nodemailer writes into errors that pass through it. */
  get failed(): { readonly error: unknown } | undefined {
    return this.#failed;
  }

  async *#read(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* bytes;
    } catch (error) {
      this.#failed = { error };
      throw new Error('The message could not be read.', { cause: error });
    }
  }
}
