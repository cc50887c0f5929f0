import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { renderHtmlComparison } from '../../../src/report/html/comparison-page.js';
import { renderHtmlRun } from '../../../src/report/html/run-page.js';
import { compareFiles } from '../../../src/report/index.js';
import { openPage } from '../../support/chromium.js';
import { writeEchoRun } from '../../support/synthetic-run-file.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const HOSTILE = `</script><img src=x onerror="document.title='owned'"><!--`;
/** Folder of the screenshots, which are not in the repository. */
const PICTURES = fileURLToPath(new URL('../../../test-output/', import.meta.url));

async function comparisonPage(
  changes: Parameters<typeof writeEchoRun>[2] = {},
  { newVus = changes.vus, allowed = [] }: { newVus?: number; allowed?: readonly string[] } = {},
): Promise<string> {
  const folder = await temporaryFolder();
  const [base, next] = [join(folder, 'base.run'), join(folder, 'new.run')];
  await writeEchoRun(base, 10, changes);
  await writeEchoRun(next, 14, newVus === undefined ? changes : { ...changes, vus: newVus });
  const html = await renderHtmlComparison(await compareFiles({ base: [base], next: [next], gates: [], allowed }));
  await writeFile(join(folder, 'report.html'), html);
  return join(folder, 'report.html');
}

/** The page, open, and everything in it that went wrong. */
async function open(path: string): Promise<{ readonly page: Page; readonly problems: string[] }> {
  const page = await openPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) problems.push(`asked for ${request.url()}`);
  });
  await page.goto(`file://${path}`);
  await page.locator('.chart canvas').first().waitFor();
  return { page, problems };
}

async function picture(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, name), fullPage: true });
}

/**
 * Runs in the page: brings a chart into sight and gives how many of its pixels are coloured at all.
 */
const DRAWN = `async (title) => {
  const chart = document.querySelector('.chart[data-title="' + title + '"]');
  chart.focus();
  await new Promise((done) => setTimeout(done, 50));
  const canvas = chart.querySelector('canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) colours.add(data[at] + ',' + data[at + 1] + ',' + data[at + 2]);
  return colours.size;
}`;

async function coloursOf(page: Page, title: string): Promise<number> {
  return page.evaluate<number>(`(${DRAWN})(${JSON.stringify(title)})`);
}

describe('the page of a comparison', { timeout: 60_000 }, () => {
  it('draws every chart and says the verdict, without a network, an error or a light theme in the dark', async () => {
    const { page, problems } = await open(await comparisonPage());
    expect(await page.locator('h1').textContent()).toMatch(/regression/);
    expect(await page.locator('tbody tr').first().textContent()).toMatch(
      /ws_rtt p\(50\).*9\.99ms.*13\.98ms.*\+39\.9%.*regression/,
    );
    const titles = await page
      .locator('.chart')
      .evaluateAll((charts) => charts.map((chart) => chart.getAttribute('data-title')));
    expect(titles).toEqual([
      'ws_rtt by percentile (ms)',
      'ws_rtt: change by percentile (%)',
      'ws_rtt (ms)',
      expect.stringContaining('event loop'),
      expect.stringContaining('schedule lag'),
    ]);
    for (const title of titles) expect(await coloursOf(page, title ?? ''), title ?? '').toBeGreaterThan(3);
    await picture(page, 'comparison-light.png');
    const paper = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    await page.locator('#theme').click();
    expect(await paper()).not.toBe(light);
    await picture(page, 'comparison-dark.png');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('#theme').isVisible()).toBe(false);
    // Paper is white: the dark theme's light ink would not be seen on it.
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(28, 33, 39)');
    expect(problems).toEqual([]);
  });

  it('shows how percentiles changed also where a difference was allowed, and not where runs cannot be compared', async () => {
    const shift = '.chart[data-title="ws_rtt: change by percentile (%)"]';
    const allowed = await open(await comparisonPage({}, { newVus: 77, allowed: ['vus'] }));
    await allowed.page.locator(shift).focus();
    await allowed.page.keyboard.press('ArrowRight');
    await expect
      .poll(() => allowed.page.locator('#spoken').textContent())
      .toMatch(/low \d+(?:\.\d+)?, change 39\.\d+, high \d/);
    const refused = await open(await comparisonPage({}, { newVus: 77 }));
    expect(await refused.page.locator('h1').textContent()).toMatch(/invalid/);
    expect(await refused.page.locator(shift).count()).toBe(0);
  });

  it('zooms all charts over time together, by mouse and by keyboard', async () => {
    const { page, problems } = await open(await comparisonPage());
    const chart = page.locator('.chart[data-title="ws_rtt (ms)"]');
    const other = page.locator('.chart[data-title^="event loop"]');
    await other.focus();
    await chart.focus();
    const labels = (): Promise<string> => page.locator('#spoken').textContent().then(String);
    await page.keyboard.press('ArrowRight');
    await expect.poll(labels).toMatch(/ws_rtt \(ms\): second 1, base p50 /);
    const before = await other.screenshot();
    const box = await chart.locator('.u-over').boundingBox();
    if (box === null) throw new TypeError('the chart has no area');
    await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 5 });
    await page.mouse.up();
    await expect.poll(async () => (await other.screenshot()).equals(before)).toBe(false);
    const zoomed = await chart.screenshot();
    await page.keyboard.press('0');
    await expect.poll(async () => (await chart.screenshot()).equals(zoomed)).toBe(false);
    await page.keyboard.press('+');
    expect(problems).toEqual([]);
  });

  it('shows hostile names as text', async () => {
    const { page, problems } = await open(await comparisonPage({ scenario: HOSTILE, description: [HOSTILE] }));
    expect(await page.locator('header').textContent()).toContain('</script><img src=x');
    expect(await page.title()).toContain('</script>');
    expect(await page.locator('img').count()).toBe(0);
    expect(problems).toEqual([]);
  });
});

it('the page of a run draws its latency and its seconds', { timeout: 60_000 }, async () => {
  const folder = await temporaryFolder();
  await writeEchoRun(join(folder, 'a.run'), 10, { scenario: HOSTILE });
  await writeFile(join(folder, 'a.html'), await renderHtmlRun(join(folder, 'a.run')));
  const { page, problems } = await open(join(folder, 'a.html'));
  expect(await page.locator('h1').textContent()).toBe(HOSTILE);
  expect(await coloursOf(page, 'ws_rtt by percentile (ms)')).toBeGreaterThan(3);
  expect(await page.locator('pre').textContent()).toMatch(/ws_rtt/);
  expect(await readFile(join(folder, 'a.html'), 'utf8')).not.toMatch(/https?:\/\/(?!github\.com\/leeoniya)/);
  await picture(page, 'run.png');
  expect(problems).toEqual([]);
});
