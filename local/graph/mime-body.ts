import type { Call, Reply } from '../web.ts';
import { graphError, refusals } from './answers.ts';

/** A request takes no more; what base64 adds counts. https://learn.microsoft.com/graph/use-the-api */
const mostRequestBytes = 4 * 1024 * 1024;

/** The MIME message of a request in base64, or why there is none. https://learn.microsoft.com/graph/outlook-send-mime-message */
export function decodeMime(call: Call): Buffer | Reply {
  if (call.body.length > mostRequestBytes) return refusals.tooLarge();
  if (!/^text\/plain\b/i.test(call.headers['content-type'] ?? '')) {
    return graphError(501, 'NotImplemented', 'The stand-in takes MIME in base64 only, as text/plain.');
  }
  const text = call.body.toString('latin1');
  const isBase64 = /^[A-Za-z0-9+/\r\n]+={0,2}\s*$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64') : refusals.base64();
}
