import type { Header } from 'postal-mime';
import type { BounceInfo } from '../domain/message.ts';

const longestDiagnostic = 1_000;
// The part about the failure stands first; what follows is the mail that came back.
const mostCharacters = 64 * 1024;

/**
 * The bounce of a mail server that writes no report: qmail and whoever speaks its format
 * (https://cr.yp.to/proto/qsbmf.txt), and Exim, which names the recipients in a header. Only of mail that no person has
 * sent, so that nobody makes one by quoting it.
 */
export function plainBounceOf(headers: readonly Header[], text: string): BounceInfo | undefined {
  const header = (name: string) => headers.find(({ key }) => key === name)?.value.trim();
  const isDaemon = header('return-path') === '<>' || /(^|<|\s)mailer-daemon(@|>|$)/i.test(header('from') ?? '');
  if (!isDaemon) return undefined;
  const start = text.slice(0, mostCharacters);
  const failed = header('x-failed-recipients');
  const told = /^\s*Hi\. This is the/.test(start)
    ? qsbmf(start)
    : failed === undefined || failed === ''
      ? undefined
      : exim(start, failed);
  if (told === undefined) return undefined;
  const original = /^Message-ID:\s*(<[^<>\s]{1,900}>)/im.exec(start)?.[1];
  return {
    action: 'failed',
    status: /[245]\.\d{1,3}\.\d{1,3}/.exec(told.diagnostic)?.[0] ?? '',
    recipient: told.recipient,
    ...(told.diagnostic === '' ? {} : { diagnostic: told.diagnostic.slice(0, longestDiagnostic).toWellFormed() }),
    ...(original === undefined ? {} : { originalMessageId: original }),
  };
}

interface Told {
  readonly recipient: string;
  readonly diagnostic: string;
}

/** A paragraph for each recipient: the address in brackets and a colon, then the reason. One that begins with a dash ends them. */
function qsbmf(text: string): Told | undefined {
  for (const paragraph of text.split(/\n[ \t]*\r?\n/)) {
    if (/^\s*-/.test(paragraph)) return undefined;
    const match = /^\s*<([^<>\r\n]{1,320})>:[ \t]*\r?\n([\s\S]*)/.exec(paragraph);
    if (match !== null) return { recipient: match[1] ?? '', diagnostic: oneLine(match[2] ?? '') };
  }
  return undefined;
}

function exim(text: string, failed: string): Told {
  const recipient = failed.split(/[\s,]+/, 1)[0] ?? '';
  const lines = text.split(/\r?\n/);
  const at = lines.findIndex((line) => line.trim() === recipient);
  const reasons = at < 0 ? [] : lines.slice(at + 1);
  const end = reasons.findIndex((line) => line.trim() === '');
  return { recipient, diagnostic: oneLine(reasons.slice(0, end < 0 ? undefined : end).join(' ')) };
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
