/** What is to be found at the address of the server for outgoing mail. */
export type SmtpReach = 'reached' | 'other' | 'away';

/**
 * Connects, and begins TLS by STARTTLS (RFC 3207), without signing in: no token leaves. Never rejects.
 * @returns `reached`: a mail server whose certificate is good; `other`: something that does not greet as one does
 * (RFC 5321 section 4.2); `away`: no answer within `timeoutMs`, no STARTTLS, or a certificate that is not the server's own
 */
export async function reachSmtp(
  { host, port, timeoutMs }: { readonly host: string; readonly port: number; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<SmtpReach> {
  const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
  if (signal.aborted) return 'away';
  const connection = new SMTPConnection({
    host,
    port,
    secure: false,
    requireTLS: true,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    socketCloseTimeout: 0,
  });
  const { promise, resolve } = Promise.withResolvers<SmtpReach>();
  const onAbort = () => resolve('away');
  signal.addEventListener('abort', onAbort, { once: true });
  // It stays: an unhandled error of the closing socket would end the process.
  connection.on('error', ({ code }) => resolve(code === 'EPROTOCOL' ? 'other' : 'away'));
  connection.once('end', () => setImmediate(() => resolve('away')));
  connection.connect((error) => resolve(error === undefined ? 'reached' : 'away'));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!connection.destroyed) connection.quit();
    connection.close();
  }
}
