import type { ErrorEntry } from './entry.ts';

/** What is wrong with a destination, or with a delivery to it. */
export const destinationErrors = {
  // Destinations
  destination_url_refused: {
    status: 422,
    sentence: 'The broker does not send to this address.',
    remedy:
      'Use an https address that is reachable from the internet. A private address must be listed, with its network, in the setting PRIVATE_DESTINATIONS.',
    who: 'caller',
  },
  destination_in_use: {
    status: 409,
    sentence: 'Some mailboxes still deliver to this destination.',
    remedy: 'Move these mailboxes to another destination or remove them, then delete this one.',
    who: 'caller',
  },
  destination_missing: {
    status: 404,
    sentence: 'The destination of this mailbox no longer exists.',
    remedy: 'Give the mailbox another destination. No mail is lost: it waits in the mailbox.',
    who: 'deployment owner',
  },
  destination_paused: {
    status: 409,
    sentence: 'The destination was paused manually.',
    remedy: 'Set paused to false on the destination to resume. Until then, mail waits in the mailboxes.',
    who: 'deployment owner',
  },
  destination_unauthorised: {
    status: 502,
    sentence: "The destination rejects the broker's credentials (401 or 403).",
    remedy:
      'Set a valid API key, or user and password, on the destination, and check the role behind it. Delivery then resumes automatically.',
    who: 'deployment owner',
  },
  destination_not_found: {
    status: 502,
    sentence: "There is nothing to deliver to at the destination's address (404, 405 or 410).",
    remedy:
      "Check the destination's URL, and that its workflow or collection exists and is enabled. Delivery then resumes automatically.",
    who: 'deployment owner',
  },
  destination_workflow_off: {
    status: 502,
    sentence: 'NocoBase has no enabled workflow with this key.',
    remedy:
      'In NocoBase, enable the workflow and compare its key with triggerWorkflows in the URL. It must be a custom action event whose context is none. Delivery then resumes automatically.',
    who: 'deployment owner',
  },
  destination_role_may_not_view: {
    status: 422,
    sentence: 'The role of the API key may not view the keys of messages and mailboxes.',
    remedy:
      'In NocoBase, allow the role to view messageKey in the messages collection and mailboxId in the accounts collection. Select both fields: a view permission without selected fields shows none.',
    who: 'deployment owner',
  },
  destination_role_may_not_create: {
    status: 422,
    sentence: 'The role of the API key may not create records with all the fields that the broker sets.',
    remedy:
      'In NocoBase, allow the role to create records in the messages and accounts collections, and select every field that the broker sets. If the role was not changed: adding a field to a collection makes NocoBase drop all the other fields where none was selected.',
    who: 'deployment owner',
  },
  destination_role_may_not_update: {
    status: 422,
    sentence: 'The role of the API key may not update all the fields that the broker updates.',
    remedy:
      'In NocoBase, allow the role to update the accounts collection, and messageRef, folderPath, folderRole, seen, flagged, answered and removed in the messages collection. Select the fields: adding one to a collection makes NocoBase drop all the others where none was selected.',
    who: 'deployment owner',
  },
  destination_busy: {
    status: 502,
    sentence:
      'The destination is overloaded, starting up, or failing on every request (429, 502, 503, 504; for NocoBase also 500).',
    remedy:
      "No action is needed unless it persists: delivery resumes automatically. If it persists, check the destination's server.",
    who: 'deployment owner',
  },
  destination_gateway_failed: {
    status: 502,
    sentence:
      'Something in front of the destination, such as a proxy or its hosting provider, answers in its place (402, 407, 408, 421, 423, 425, 499, or a 5xx other than 500, 502, 503 and 504).',
    remedy:
      'No action is needed unless it persists: delivery resumes automatically. If it persists, look up the status in the documentation of the proxy or provider, and check its connection to the destination. A receiver that wants to reject a single message answers 422.',
    who: 'deployment owner',
  },
  destination_redirects: {
    status: 502,
    sentence: 'The destination answers with a redirect, which the broker does not follow.',
    remedy: "Set the final address as the destination's URL.",
    who: 'deployment owner',
  },
  destination_timeout: {
    status: 504,
    sentence: 'The destination did not answer within 20 seconds.',
    remedy:
      "Check the destination's server. A workflow that takes long should answer first and do its work afterwards.",
    who: 'deployment owner',
  },
  destination_unreachable: {
    status: 502,
    sentence: 'The destination cannot be reached: the connection was refused, or not established within 10 seconds.',
    remedy: "Check that the destination's server is running and that its firewall lets the broker in.",
    who: 'deployment owner',
  },
  destination_closed: {
    status: 502,
    sentence: 'The destination accepts the connection, then closes it without an answer.',
    remedy:
      "Check the logs of the destination's server and of the proxy in front of it: one of them stops, restarts, or has a limit that closes connections.",
    who: 'deployment owner',
  },
  destination_name_unknown: {
    status: 502,
    sentence: "The destination's host name cannot be resolved.",
    remedy: "Check the host in the destination's URL and its DNS record.",
    who: 'deployment owner',
  },
  destination_lookup_failed: {
    status: 502,
    sentence: "The DNS server for the destination's host name does not answer, or fails.",
    remedy:
      "No action is needed unless it persists: delivery resumes automatically. If it persists, check the domain's DNS and, with a virtual network, the DNS servers that it uses.",
    who: 'deployment owner',
  },
  destination_not_encrypted: {
    status: 502,
    sentence: "The destination's URL says https, but the service on its port does not use TLS.",
    remedy:
      'Set up a certificate on this port, usually in the proxy in front of the server, or correct the port in the URL.',
    who: 'deployment owner',
  },
  destination_tls_closed: {
    status: 502,
    sentence: 'The connection to the destination is dropped during the TLS handshake.',
    remedy:
      'Check the firewall and the proxy in front of the destination: one of them drops connections, perhaps because of the host name or the source address.',
    who: 'deployment owner',
  },
  destination_tls_version: {
    status: 502,
    sentence: 'The destination supports only outdated versions of TLS.',
    remedy: "Enable TLS 1.2 or later on the destination's server, or on the proxy in front of it.",
    who: 'deployment owner',
  },
  destination_tls_failed: {
    status: 502,
    sentence: 'The destination and the broker cannot agree on encryption (TLS).',
    remedy:
      "The destination's server must know the host name in the URL, offer a cipher that OpenSSL 3 accepts, and not require a client certificate.",
    who: 'deployment owner',
  },
  destination_wants_certificate: {
    status: 502,
    sentence: 'The destination requires a client certificate, which the broker does not have.',
    remedy: "Exempt the destination's address from client certificates; the broker signs in with its credentials.",
    who: 'deployment owner',
  },
  destination_certificate_expired: {
    status: 502,
    sentence: "The destination's certificate has expired or is not valid yet.",
    remedy: "Renew the destination's certificate, and check the clock of the server that issued it.",
    who: 'deployment owner',
  },
  destination_certificate_name: {
    status: 502,
    sentence: "The destination's certificate does not cover the host name in its URL.",
    remedy:
      'Install a certificate for the host name in the URL, or set the URL to a host name that the certificate covers.',
    who: 'deployment owner',
  },
  destination_certificate_untrusted: {
    status: 502,
    sentence: "The destination's certificate was not issued by an authority that the broker trusts.",
    remedy:
      'Install a certificate from a public authority, and make the server send the whole chain. Self-signed certificates and private authorities are not accepted.',
    who: 'deployment owner',
  },
  destination_speaks_http_two: {
    status: 502,
    sentence: 'The destination supports only HTTP/2. The broker uses HTTP/1.1.',
    remedy: "Enable HTTP/1.1 on the destination's server, or on the proxy in front of it.",
    who: 'deployment owner',
  },
  destination_not_http: {
    status: 502,
    sentence: "The destination's answer is not HTTP/1.1.",
    remedy: "Check the port in the destination's URL: another service may be answering there, or a broken proxy.",
    who: 'deployment owner',
  },
  destination_headers_too_large: {
    status: 502,
    sentence: "The headers of the destination's answer are larger than 16 KB.",
    remedy:
      "Find out what adds the headers, on the destination's server or in the proxy in front of it. Cookies are the usual cause.",
    who: 'deployment owner',
  },
  destination_address_refused: {
    status: 502,
    sentence: "The destination's host name resolves to an address that the broker does not send to.",
    remedy:
      'Make the host name resolve to public addresses only, or list the private host and its network in PRIVATE_DESTINATIONS.',
    who: 'deployment owner',
  },
  destination_answer_unexpected: {
    status: 502,
    sentence: 'The destination answers, but not the way NocoBase does.',
    remedy:
      "Check the destination's URL, which ends in /api for collections, and that the messages collection has a field messageKey. Something in front of NocoBase, such as a sign-in page, may have answered in its place. Delivery then resumes automatically.",
    who: 'deployment owner',
  },
  destination_unfit: {
    status: 422,
    sentence: "The destination's collections are not suitable for mail.",
    remedy:
      'All three collections must exist. messageKey must be unique in the messages collection and mailboxId in the accounts collection, or mail could be stored twice. To upload files, the messages collection also needs the attachment field named in the destination.',
    who: 'deployment owner',
  },
  destination_refused_message: {
    status: 502,
    sentence: 'The destination rejected this message, or failed on it.',
    remedy: "Look for the reason in the destination's log; the error includes the status that it answered.",
    who: 'deployment owner',
  },
} as const satisfies Record<string, ErrorEntry>;
