import type { MimeFile } from './mime.ts';

/** At most so many pictures are taken out of a text; the others stay as they are. */
const mostImages = 50;

const image =
  /(<img\b[^<>]{0,2000}?\ssrc\s{0,9}=\s{0,9}["'])data:(image\/(?:png|jpe?g|gif|webp));base64,([\w+/=\s]+)(?=["'])/gi;

/**
 * Pictures that editors write into HTML as `data:` addresses, as inline images: Outlook and Gmail show no others.
 * @param nameOf a Content-ID for the picture of this number
 */
export function takeDataImages(
  html: string,
  nameOf: (index: number) => string,
): { readonly html: string; readonly images: readonly MimeFile[] } {
  const images: MimeFile[] = [];
  const without = html.replace(image, (whole, before: string, type: string, base64: string) => {
    if (images.length >= mostImages) return whole;
    const contentType = type.toLowerCase().replace('image/jpg', 'image/jpeg');
    const contentId = nameOf(images.length);
    images.push({
      filename: `image-${images.length + 1}.${contentType.slice('image/'.length)}`,
      contentType,
      contentId,
      open: async function* () {
        yield Buffer.from(base64, 'base64');
      },
    });
    return `${before}cid:${contentId}`;
  });
  return { html: without, images };
}
