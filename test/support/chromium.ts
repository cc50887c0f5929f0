import { existsSync } from 'node:fs';
import { chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { BROWSER, installCommand } from './debian-packages.js';

/**
 * Opens a page in Debian's Chromium, which is closed at the end of the test. Throws with the
 * command that installs Chromium.
 */
export async function openPage(): Promise<Page> {
  if (!existsSync(BROWSER.program)) throw new Error(`there is no browser: ${installCommand([BROWSER.debianPackage])}`);
  // As root, Chromium runs only without its sandbox. It opens only our own pages.
  const browser = await chromium.launch({ executablePath: BROWSER.program, args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  return browser.newPage();
}
