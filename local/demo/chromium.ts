import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

const places = [
  process.env.CHROMIUM_PATH ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser that playwright-core drives, or undefined if none is installed. */
export const chromiumPath: string | undefined = places.find((path) => path !== '' && existsSync(path));

const quiet = [
  '--headless',
  // Build machines run as root, where Chromium refuses its sandbox. Only pages of this machine are opened.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // What would leave this machine fails, and so shows.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

/**
 * The system's Chromium, without a window.
 * @param environment variables beside those of this process
 * @throws Error if none is installed
 */
export async function launchChromium(environment: Readonly<Record<string, string>> = {}): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('No Chromium is installed: apt-get install chromium');
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: chromiumPath, args: quiet, env: { ...process.env, ...environment } });
}
