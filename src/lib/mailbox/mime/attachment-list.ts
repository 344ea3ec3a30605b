import type { Attachment } from '../../domain/mail/message.ts';
import { noReferences, type References, referenceName } from './html-references.ts';
import type { Leaf } from './structure.ts';

/**
 * The parts that lie in a mail beside its text. `inline` are those that no person sent as a file: what the text shows,
 * signatures, and the text itself where it has a name.
 * @param references what the HTML of the mail shows
 */
export function attachmentsOf(leaves: readonly Leaf[], references: References = noReferences): Attachment[] {
  const hasHtml = leaves.some(({ what }) => what === 'html');
  return leaves.filter(isListed).map((each) => {
    const isSignature = signs(each);
    return {
      part: each.part,
      filename: safeName(each.filename) ?? subjectName(each) ?? `part-${each.part}${extensions[each.type] ?? ''}`,
      contentType: each.type,
      size: each.size,
      inline: isSignature || isText(each, leaves) || (hasHtml && isShown(each, references)),
      ...(isSignature ? { signature: true } : {}),
      ...(each.contentId === undefined ? {} : { contentId: each.contentId }),
      ...locationOf(each),
    };
  });
}

/**
 * Whether a mail brings a file. Undefined if that depends on its HTML, and `references` are not given; or if parts were
 * left out.
 */
export function hasFiles(leaves: readonly Leaf[], cut: boolean, references?: References): boolean | undefined {
  const among = (known: References) => attachmentsOf(leaves, known).some(({ inline }) => !inline);
  // Files even if the HTML shows everything it can.
  if (among(everything)) return true;
  const unseen = references?.whole !== true;
  if (among(unseen ? noReferences : references)) return unseen ? undefined : true;
  return cut ? undefined : false;
}

const everything: References = { names: { has: () => true }, whole: true };

function isListed(leaf: Leaf): boolean {
  if (leaf.what === 'report' || leaf.disposition === 'attachment') return true;
  // The text once more, for programs that show it differently: AMP, a watch.
  if (leaf.parent === 'multipart/alternative' && leaf.type.startsWith('text/') && leaf.filename === undefined) {
    return false;
  }
  return leaf.what === 'file' || leaf.filename !== undefined;
}

/**
 * True for the text of the mail, which some programs give a name: what comes first, and its other forms. Of named texts
 * further down each is a file, though Apple Mail shows it within the text.
 */
function isText(leaf: Leaf, leaves: readonly Leaf[]): boolean {
  if (leaf.disposition === 'attachment') return false;
  const isForm = leaf.parent === 'multipart/alternative';
  if (leaf.what === 'calendar') return isForm;
  if (leaf.what !== 'text' && leaf.what !== 'html') return false;
  // HTML stands first among the pictures that it shows.
  return isForm || leaf === leaves[0] || (leaf.parent === 'multipart/related' && leaf.index === 0);
}

/** True for an image, or other content, that the HTML of the mail shows, regardless of its disposition. */
function isShown(leaf: Leaf, { names, whole }: References): boolean {
  const isPicture = /^(image|video|audio|font)\/|^text\/css$/.test(leaf.type);
  const isCalledOne = bytesType.test(leaf.type) && pictureName.test(leaf.filename ?? '');
  if (!isPicture && !isCalledOne) return false;
  const own = [leaf.contentId, leaf.location].filter((name) => name !== undefined && name !== '');
  if (own.some((name) => names.has(referenceName(name ?? '')))) return true;
  // The HTML was cut before its end. What was made to be shown within it probably is.
  const seemsMeant = leaf.contentId !== undefined && (leaf.inRelated || leaf.disposition === 'inline');
  return !whole && seemsMeant && leaf.disposition !== 'attachment';
}

// Of programs that know no better.
const bytesType = /^(application|binary)\/(x-)?(octet-?stream|unknown|binary|download|force-download)$/;

const pictureName = /\.(gif|jpe?g|png|bmp|webp|svg|ico|tiff?|heic|avif)$/i;

/**
 * True for the signature of the mail: the second part of multipart/signed (RFC 1847), and what is named like one where a
 * list or a gateway has put the parts in another order. The signature of a file (`plan.pdf.asc`) is a file.
 */
function signs({ type, parent, index, filename }: Leaf): boolean {
  const isType = /^application\/(pgp-signature|(x-)?pkcs7-signature)$/.test(type);
  if (parent === 'multipart/signed' && index > 0) return isType || type === 'application/octet-stream';
  if (filename === undefined) return isType;
  const isNamed = /^(smime\.p7s|(OpenPGP_)?signature(\.(asc|pgp|sig))?|PGP\.sig)$/i.test(filename.trim());
  return isNamed && (isType || type === 'application/octet-stream');
}

function locationOf({ location = '' }: Leaf): Pick<Attachment, 'location'> {
  const name = location.replace(/\s+/g, '');
  return name === '' || name.length > longestLocation ? {} : { location: name };
}

const longestLocation = 1_000;

/** A mail within the mail is named after its subject, as Outlook shows it. */
function subjectName({ type, subject }: Leaf): string | undefined {
  if (type !== 'message/rfc822' && type !== 'message/global') return undefined;
  const name = safeName(subject);
  return name === undefined ? undefined : safeName(`${name.slice(0, longestName - 4)}.eml`);
}

const extensions: Readonly<Record<string, string>> = {
  'application/ics': '.ics',
  'application/ms-tnef': '.dat',
  'application/pdf': '.pdf',
  'image/gif': '.gif',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'message/delivery-status': '.txt',
  'message/global': '.eml',
  'message/global-delivery-status': '.txt',
  'message/rfc822': '.eml',
  'text/calendar': '.ics',
  'text/html': '.html',
  'text/plain': '.txt',
  'text/rfc822-headers': '.txt',
};

/** A name to save under: no path, no control or direction marks, at most 200 characters with its ending kept. */
function safeName(name: string | undefined): string | undefined {
  const clean = (name ?? '')
    .toWellFormed()
    // A name that was folded holds the tab.
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .replace(/[\\/]/g, '_')
    .trim();
  if (clean === '' || /^\.+$/.test(clean)) return undefined;
  if (clean.length <= longestName) return clean;
  const ending = /\.[^.]{1,10}$/.exec(clean)?.[0] ?? '';
  return clean.slice(0, longestName - ending.length).toWellFormed() + ending;
}

const longestName = 200;
