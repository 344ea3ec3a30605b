import { loadDecoder } from '../../src/lib/mailbox/charset/decode-text.ts';
import { loadPostalMime } from '../../src/lib/mailbox/mime/mime.ts';
import { readFile } from '../../src/lib/send/split-mail.ts';

let warm: Promise<void> | undefined;

/** Loads what the broker loads at first use: loading takes time that no world has. */
export function warmUp(): Promise<void> {
  warm ??= Promise.all([
    loadDecoder(),
    loadPostalMime(),
    readFile(Buffer.from('Content-Disposition: attachment\r\n\r\n')),
  ]).then(() => undefined);
  return warm;
}
