/** A report of a mail server (RFC 3464), as far as tests of bounces vary it. */
export interface Report {
  readonly from?: string;
  /** The headers of the mail that came back; without any, the report names no message. */
  readonly returned: { readonly submission?: string; readonly messageId?: string } | undefined;
  readonly recipients: readonly {
    readonly recipient: string;
    readonly status: string;
    readonly diagnostic: string;
    readonly action?: string;
  }[];
}

export function dsn({ from = 'MAILER-DAEMON@mx.fabrikam.example', returned, recipients }: Report): Buffer {
  const part = (type: string, ...lines: string[]) => ['--report', `Content-Type: ${type}`, '', ...lines, ''];
  const lines = [
    `From: Mail Delivery Subsystem <${from}>`,
    'To: ada@contoso.example',
    'Subject: Undeliverable: Offer',
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="report"',
    '',
    ...part('text/plain; charset=us-ascii', 'Your message could not be delivered.'),
    ...part(
      'message/delivery-status',
      'Reporting-MTA: dns; mx.fabrikam.example',
      ...recipients.flatMap(({ recipient, status, diagnostic, action = 'failed' }) => [
        '',
        `Final-Recipient: rfc822; ${recipient}`,
        `Action: ${action}`,
        `Status: ${status}`,
        `Diagnostic-Code: smtp; ${diagnostic}`,
      ]),
    ),
    ...(returned === undefined
      ? []
      : part(
          'text/rfc822-headers',
          'From: ada@contoso.example',
          ...(returned.messageId === undefined ? [] : [`Message-ID: ${returned.messageId}`]),
          ...(returned.submission === undefined ? [] : [`X-NocoBase-Submission: ${returned.submission}`]),
          'Subject: Offer',
        )),
    '--report--',
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}
