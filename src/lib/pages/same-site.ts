/**
 * True if a form was posted by our own page. Browsers say so by Sec-Fetch-Site, which no script can set; an older one
 * sends Origin alone, which must then be ours. Without either the origin is unproven.
 */
export function postedByOurPage(headers: Headers, publicUrl: string): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  return headers.get('origin') === new URL(publicUrl).origin;
}
