/** What a file from a stranger's mail is, as far as a browser is concerned. */
export interface FileFacts {
  readonly filename: string;
  readonly contentType: string;
  readonly charset?: string | undefined;
}

/**
 * Headers under which a file from a mail is harmless in any browser: it is saved, not shown; it is nothing but what it
 * says; and if a browser opens it all the same, it may do nothing. Images of a mail can still be shown by a page.
 */
export function fileHeaders(file: FileFacts): Record<string, string> {
  return {
    'Content-Type': servedType(file),
    'Content-Disposition': contentDisposition(file.filename),
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    // A page that isolates itself (COEP) may show the images of a mail.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Referrer-Policy': 'no-referrer',
  };
}

const typeForm = /^(application|audio|font|image|message|model|text|video)\/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}$/;
const charsetForm = /^[a-z0-9][a-z0-9_.:+-]{0,39}$/i;

/** Types in which a browser finds markup or script. */
const active =
  /html|xml|svg|script|json|\+zip|x-shockwave|x-mixed-replace|rfc822|x-httpd|wasm|^text\/(?!plain$|csv$|calendar$)/;

/** The type that the mail states, unless a browser could run it; then it is bytes. */
function servedType({ contentType, charset }: FileFacts): string {
  const type = contentType.toLowerCase();
  // Office documents have "xml" in their names and are archives.
  const isOffice = /^application\/vnd\.openxmlformats-officedocument\.[a-z0-9.-]+$/.test(type);
  if (!typeForm.test(type) || (active.test(type) && !isOffice)) return 'application/octet-stream';
  return type.startsWith('text/') && charset !== undefined && charsetForm.test(charset)
    ? `${type}; charset=${charset}`
    : type;
}

/** RFC 6266: the name in ASCII for old programs, and whole for all others (RFC 8187). */
function contentDisposition(filename: string): string {
  // A percent sign in the plain form is decoded by some browsers (RFC 6266, appendix D).
  const ascii = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${whole}`;
}
