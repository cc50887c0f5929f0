import { existsSync } from 'node:fs';
import { chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { BROWSER, installCommand } from './debian-packages.js';

/**
 * A page of Debian's Chromium that goes away with the test. Throws with the command that installs
 * it.
 */
export async function openPage(): Promise<Page> {
  if (!existsSync(BROWSER.program)) throw new Error(`there is no browser: ${installCommand([BROWSER.debianPackage])}`);
  // As root Chromium runs without its sandbox only; it sees nothing but our own pages.
  const browser = await chromium.launch({ executablePath: BROWSER.program, args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  return browser.newPage();
}
