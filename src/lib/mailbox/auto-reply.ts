import type { Header } from 'postal-mime';

/**
 * True if no person wrote this just now: an answer sent by itself, a notice, a receipt.
 * Auto-Submitted is the standard (RFC 3834 section 5); Exchange marks its own with X-Auto-Response-Suppress ([MS-OXCMAIL]
 * section 2.2.3.2.14), which many also set only to be spared out-of-office answers, so of its values just `All` and
 * `AutoReply` count; `Precedence` of mailing lists does not.
 */
export function isAutoReply(headers: readonly Header[]): boolean {
  return headers.some(({ key, value }) => {
    const words = value.toLowerCase().split(/[\s,;]+/);
    switch (key) {
      case 'auto-submitted':
        return words[0] !== '' && words[0] !== 'no';
      case 'x-auto-response-suppress':
        return words.includes('all') || words.includes('autoreply');
      case 'precedence':
        return ['auto_reply', 'bulk', 'junk'].some((word) => words.includes(word));
      case 'x-autoreply':
      case 'x-autorespond':
        return words[0] !== '' && words[0] !== 'no';
      case 'content-type':
        // A read receipt (RFC 8098).
        return value.toLowerCase().includes('report-type=') && value.toLowerCase().includes('disposition-notification');
      default:
        return false;
    }
  });
}
