/**
 * A composed message, ready to be stored. The stored message has no Date, no Bcc and no header of the submission: Date is
 * that of the first attempt, and Bcc depends on the way out. They are written in front of it when it leaves.
 */
export interface ComposedMail {
  /** Envelope sender: the addr-spec of From. */
  readonly from: string;
  /** Envelope recipients, Bcc included, each once. */
  readonly recipients: readonly string[];
  /** With angle brackets. */
  readonly messageId: string;
  /** For lists: the subject as it was given. */
  readonly subject: string;
  /** The header field `Bcc: …`, encoded and folded, with its CRLF; undefined without Bcc recipients. */
  readonly bccHeader: string | undefined;
  /**
   * The MIME message with CRLF line ends, beginning with its first header field; read once. It ends with the error of
   * an attachment that cannot be had (a BrokerError).
   */
  readonly mime: AsyncIterable<Uint8Array>;
}
