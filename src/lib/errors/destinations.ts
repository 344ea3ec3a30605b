import type { ErrorEntry } from './entry.ts';

/** What is wrong with a destination, or with a delivery to it. */
export const destinationErrors = {
  // Destinations
  destination_url_refused: {
    status: 422,
    sentence: 'The broker does not send to this address.',
    remedy:
      'Give an https address that is reachable from the internet. A private one must be listed, with its network, in the setting PRIVATE_DESTINATIONS.',
    who: 'caller',
  },
  destination_in_use: {
    status: 409,
    sentence: 'Mailboxes still deliver to this destination.',
    remedy: 'Give these mailboxes another destination, or remove them, and delete it then.',
    who: 'caller',
  },
  destination_missing: {
    status: 404,
    sentence: 'The destination of this mailbox does not exist any more.',
    remedy: 'Give the mailbox another destination. No mail is lost: it waits in the mailbox.',
    who: 'deployment owner',
  },
  destination_paused: {
    status: 409,
    sentence: 'The destination is paused by hand.',
    remedy: 'Set paused to false on the destination to go on. Mail waits in the mailboxes until then.',
    who: 'deployment owner',
  },
  destination_unauthorised: {
    status: 502,
    sentence: 'The destination refuses our credentials (401 or 403).',
    remedy:
      'Set a valid API key, or user and password, on the destination, and check the role behind it. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_not_found: {
    status: 502,
    sentence: 'There is nothing to deliver to at the address of the destination (404, 405 or 410).',
    remedy:
      'Check the URL of the destination and that its workflow or collection exists and is on. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_workflow_off: {
    status: 502,
    sentence: 'NocoBase has no workflow of this key that is switched on.',
    remedy:
      'In NocoBase switch the workflow on, and compare its key with the triggerWorkflows of the URL. It has to be a custom action event whose context is none. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_role_may_not_view: {
    status: 422,
    sentence: 'The role of the API key may not view the keys of mail and mailboxes.',
    remedy:
      'In NocoBase let the role view messageKey in the messages collection and mailboxId in the accounts collection. Both have to be named: a right to view that names no field shows none.',
    who: 'deployment owner',
  },
  destination_role_may_not_create: {
    status: 422,
    sentence: 'The role of the API key may not make records with every field that the broker fills.',
    remedy:
      'In NocoBase let the role create in the messages and the accounts collection, and name every field that the broker fills. If nobody changed the role: adding a field to a collection makes NocoBase forget all others where none was named.',
    who: 'deployment owner',
  },
  destination_role_may_not_update: {
    status: 422,
    sentence: 'The role of the API key may not change every field that the broker changes.',
    remedy:
      'In NocoBase let the role update the accounts collection, and messageRef, folderPath, folderRole, seen, flagged, answered and removed of the messages collection. Name the fields: adding one to a collection makes NocoBase forget all others where none was named.',
    who: 'deployment owner',
  },
  destination_busy: {
    status: 502,
    sentence:
      'The destination is overloaded, starting, or fails on everything (429, 502, 503, 504; NocoBase also 500).',
    remedy:
      'Nothing to do unless it lasts: delivery goes on by itself. If it lasts, check the server of the destination.',
    who: 'deployment owner',
  },
  destination_gateway_failed: {
    status: 502,
    sentence:
      'Something in front of the destination, such as a proxy or its hosting provider, answers in its place (402, 407, 408, 421, 423, 425, 499, or a 5xx other than 500, 502, 503 and 504).',
    remedy:
      'Nothing to do unless it lasts: delivery goes on by itself. If it lasts, look the status up in the manual of the proxy or provider, and check its connection to the destination. A receiver that wants to refuse one mail answers 422.',
    who: 'deployment owner',
  },
  destination_redirects: {
    status: 502,
    sentence: 'The destination answers with a redirect, which the broker does not follow.',
    remedy: 'Set the final address as the URL of the destination.',
    who: 'deployment owner',
  },
  destination_timeout: {
    status: 504,
    sentence: 'The destination did not answer within 20 seconds.',
    remedy:
      'Check the server of the destination; a workflow that works for long should answer at once and work afterwards.',
    who: 'deployment owner',
  },
  destination_unreachable: {
    status: 502,
    sentence: 'The destination cannot be reached: the connection is refused, or not made within 10 seconds.',
    remedy: 'Check that the server of the destination runs and that its firewall lets the broker in.',
    who: 'deployment owner',
  },
  destination_closed: {
    status: 502,
    sentence: 'The destination takes the connection, and closes it without an answer.',
    remedy:
      'Look in the log of the server of the destination, and of the proxy in front of it: it ends, restarts, or has a limit that closes connections.',
    who: 'deployment owner',
  },
  destination_name_unknown: {
    status: 502,
    sentence: 'The host name of the destination cannot be looked up.',
    remedy: 'Check the host in the URL of the destination and its DNS record.',
    who: 'deployment owner',
  },
  destination_lookup_failed: {
    status: 502,
    sentence: 'The DNS server that answers for the host name of the destination does not answer, or fails.',
    remedy:
      'Nothing to do unless it lasts: delivery goes on by itself. If it lasts, check the DNS of the domain, and with a virtual network the DNS servers that it uses.',
    who: 'deployment owner',
  },
  destination_not_encrypted: {
    status: 502,
    sentence: 'The URL of the destination says https, but at its port something answers without TLS.',
    remedy:
      'Set up a certificate at this port, as a rule in the proxy in front of the server, or correct the port in the URL.',
    who: 'deployment owner',
  },
  destination_tls_closed: {
    status: 502,
    sentence: 'The connection to the destination is cut while encryption (TLS) is being agreed on.',
    remedy:
      'Check the firewall and the proxy in front of the destination: one of them cuts connections, perhaps for the host name or for where they come from.',
    who: 'deployment owner',
  },
  destination_tls_version: {
    status: 502,
    sentence: 'The destination speaks only versions of TLS that are out of date.',
    remedy: 'Let the server of the destination, or the proxy in front of it, offer TLS 1.2 or later.',
    who: 'deployment owner',
  },
  destination_tls_failed: {
    status: 502,
    sentence: 'The destination and the broker cannot agree on encryption (TLS).',
    remedy:
      'The server of the destination has to know the host name in the URL, offer a cipher that OpenSSL 3 accepts, and ask for no client certificate.',
    who: 'deployment owner',
  },
  destination_wants_certificate: {
    status: 502,
    sentence: 'The destination asks for a client certificate, which the broker does not have.',
    remedy: 'Exempt the address of the destination from client certificates; the broker signs in with its credentials.',
    who: 'deployment owner',
  },
  destination_certificate_expired: {
    status: 502,
    sentence: 'The certificate of the destination has expired, or is not valid yet.',
    remedy: 'Renew the certificate of the destination, and check the clock of the server that issued it.',
    who: 'deployment owner',
  },
  destination_certificate_name: {
    status: 502,
    sentence: 'The certificate of the destination is for other host names than the one in its URL.',
    remedy: 'Install a certificate for the host name in the URL, or set the URL to a host name in the certificate.',
    who: 'deployment owner',
  },
  destination_certificate_untrusted: {
    status: 502,
    sentence: 'The certificate of the destination was issued by nobody whom the broker trusts.',
    remedy:
      'Install a certificate of a public authority, and let the server send the whole chain. One that is self-signed, or of an authority of your own, is not accepted.',
    who: 'deployment owner',
  },
  destination_speaks_http_two: {
    status: 502,
    sentence: 'The destination speaks HTTP/2 only. The broker speaks HTTP/1.1.',
    remedy: 'Switch HTTP/1.1 on at the server of the destination, or at the proxy in front of it.',
    who: 'deployment owner',
  },
  destination_not_http: {
    status: 502,
    sentence: 'What the destination answers is not HTTP/1.1.',
    remedy: 'Check the port in the URL of the destination: another service may answer there, or a broken proxy.',
    who: 'deployment owner',
  },
  destination_headers_too_large: {
    status: 502,
    sentence: 'The headers of what the destination answers are larger than 16 KB.',
    remedy:
      'Find out what adds the headers, in the server of the destination or the proxy in front of it. Cookies are the usual cause.',
    who: 'deployment owner',
  },
  destination_address_refused: {
    status: 502,
    sentence: 'The host of the destination leads to an address to which the broker does not send.',
    remedy:
      'Let the host name resolve to public addresses only, or list the private host and its network in PRIVATE_DESTINATIONS.',
    who: 'deployment owner',
  },
  destination_answer_unexpected: {
    status: 502,
    sentence: 'The destination answers, but not as NocoBase does.',
    remedy:
      'Check the URL of the destination, which for collections ends in /api, and that the messages collection has a field messageKey. Something in front of NocoBase may have answered in its place, such as a page for signing in. Delivery goes on by itself then.',
    who: 'deployment owner',
  },
  destination_unfit: {
    status: 422,
    sentence: 'The collections of the destination are not fit for mail.',
    remedy:
      'All three must exist; messageKey must be a unique field of the messages collection and mailboxId one of the accounts collection, or mail could be stored twice. Where files are to be uploaded, the messages collection needs the attachment field that is named.',
    who: 'deployment owner',
  },
  destination_refused_message: {
    status: 502,
    sentence: 'The destination refused the message itself, or failed on it.',
    remedy: 'Look in the log of the destination for the reason; the status that it answered is named.',
    who: 'deployment owner',
  },
} as const satisfies Record<string, ErrorEntry>;
