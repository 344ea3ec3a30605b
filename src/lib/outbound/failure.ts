import type { ErrorCode } from '../error-codes.ts';

/** Why a request has no answer. */
export type OutboundFailure = Extract<
  ErrorCode,
  | 'destination_timeout'
  | 'destination_unreachable'
  | 'destination_closed'
  | 'destination_name_unknown'
  | 'destination_lookup_failed'
  | 'destination_address_refused'
  | 'destination_not_encrypted'
  | 'destination_tls_closed'
  | 'destination_tls_version'
  | 'destination_tls_failed'
  | 'destination_wants_certificate'
  | 'destination_certificate_expired'
  | 'destination_certificate_name'
  | 'destination_certificate_untrusted'
  | 'destination_speaks_http_two'
  | 'destination_not_http'
  | 'destination_headers_too_large'
>;

/** What is known of a failed request, gathered from its error and from what caused it. */
interface Trace {
  /** Names, codes and messages. */
  readonly words: readonly string[];
  /** What the other side sent in place of HTTP, as far as undici keeps it. */
  readonly data: string;
}

/** A short SETTINGS frame on stream 0, with which every HTTP/2 server begins (RFC 9113 sections 3.4 and 4.1). */
const isHttpTwo = (data: string): boolean =>
  data.startsWith('\0\0') && data[3] === '\u0004' && data.slice(5, 9) === '\0\0\0\0';

/** In the words of Node, OpenSSL and undici. The first row that fits tells; what is more precise comes first. */
const rows: readonly (readonly [OutboundFailure, RegExp])[] = [
  ['destination_address_refused', /^AddressRefused$/],
  // getaddrinfo and c-ares: there is no such name, or it has no address.
  ['destination_name_unknown', /^(ENOTFOUND|ENODATA|EAI_NODATA|EAI_NONAME)$/],
  // The resolver itself does not answer, or fails.
  ['destination_lookup_failed', /^(EAI_\w+|ESERVFAIL|EREFUSED|ETIMEOUT|ECANCELLED)$/],
  ['destination_certificate_expired', /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/],
  ['destination_certificate_name', /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/],
  [
    'destination_certificate_untrusted',
    /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT_)/,
  ],
  // Not TLS at all: plain HTTP on this port, or another protocol.
  [
    'destination_not_encrypted',
    /^ERR_SSL_(WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE|UNKNOWN_PROTOCOL)$/,
  ],
  // Alert 120 (RFC 7301 section 3.2): it speaks neither of the protocols that we offer, which is HTTP/1.1 alone.
  ['destination_speaks_http_two', /^ERR_SSL_\S*NO_APPLICATION_PROTOCOL$/],
  // Alert 116 (RFC 8446 section 6.2).
  ['destination_wants_certificate', /^ERR_SSL_\S*CERTIFICATE_REQUIRED$/],
  [
    'destination_tls_version',
    /^ERR_SSL_\S*(PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|NO_PROTOCOLS_AVAILABLE|INAPPROPRIATE_FALLBACK)$/,
  ],
  // outbound-agent.ts tells it.
  ['destination_tls_closed', /^BrokenHandshake$/],
  ['destination_tls_failed', /^(ERR_TLS_|ERR_SSL_|EPROTO$)/],
  ['destination_headers_too_large', /^(UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW)$/],
  ['destination_not_http', /^(HTTPParserError|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|bad (upgrade|response))$/],
  // A connection that was never made: refused, no route, or no answer.
  [
    'destination_unreachable',
    /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/,
  ],
  ['destination_closed', /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET)$/],
];

/** The code of a request that has no answer, by its error. Pure. */
export function failureOf(error: unknown): OutboundFailure {
  const { words, data } = traceOf(error);
  if (isHttpTwo(data)) return 'destination_speaks_http_two';
  const found = rows.find(([, form]) => words.some((word) => form.test(word)));
  return found?.[0] ?? 'destination_unreachable';
}

/** A failed connection to several addresses is an AggregateError. */
function traceOf(error: unknown, depth = 0): Trace {
  if (!(error instanceof Error) || depth > 4) return { words: [], data: '' };
  const text = (key: string): string => {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string' ? value : '';
  };
  const inner = (error instanceof AggregateError ? error.errors : [error.cause]).map((each) =>
    traceOf(each, depth + 1),
  );
  return {
    words: [error.name, text('code'), error.message, ...inner.flatMap(({ words }) => words)],
    data: [text('data'), ...inner.map(({ data }) => data)].find((each) => each !== '') ?? '',
  };
}
