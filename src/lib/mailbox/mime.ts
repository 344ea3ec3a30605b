import type { Email } from 'postal-mime';

let loading: Promise<typeof import('postal-mime')> | undefined;

/** Loaded at the first mail; a dynamic import costs as much as parsing a small header, so it is not repeated. */
export const loadPostalMime = () => {
  loading ??= import('postal-mime');
  return loading;
};

/**
 * postal-mime on bytes of our own; undefined where it gives up. Messages inside the message stay closed: they are files.
 */
export async function parseMime(bytes: Uint8Array): Promise<Email | undefined> {
  const { default: PostalMime } = await loadPostalMime();
  try {
    // What came in is within the cap, so its headers need no limit of their own.
    return await PostalMime.parse(bytes, { forceRfc822Attachments: true, maxHeadersSize: bytes.length + 1 });
  } catch {
    // The caller falls back to less and names in `truncated` what is missing.
    return undefined;
  }
}
