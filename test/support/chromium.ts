import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

let axeSource: string | undefined;

/**
 * What axe-core finds on a page as it is shown now, as `[rule, help, elements]`. It is evaluated past the page's own
 * Content-Security-Policy, which stays in force for the page.
 */
export async function axeFindings(tab: Page): Promise<unknown> {
  axeSource ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // It stays until the page is left.
  if (await tab.evaluate('typeof axe === "undefined"')) await tab.evaluate(`${axeSource};0`);
  return tab.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, help, nodes }) => [id, help, nodes.map((node) => node.html)]))`,
  );
}

/** CSS pixels by which a page is wider than its window. */
export const overflowOf = (tab: Page): Promise<unknown> =>
  tab.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
