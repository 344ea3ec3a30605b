import { HtmlTooDeep, loadSanitizer } from './sanitize.ts';

/** HTML that is safe to show; undefined where it is nested too deep to be read. */
export async function cleanHtml(html: string): Promise<string | undefined> {
  const sanitizer = await loadSanitizer();
  try {
    return sanitizer.html(html);
  } catch (error) {
    if (error instanceof HtmlTooDeep) return undefined;
    throw error;
  }
}
