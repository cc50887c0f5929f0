// How long the page of a comparison takes to make, and to open in a browser until its first charts
// are drawn: two runs, 20 metrics. Wants Chromium (Debian's package) and playwright-core, which is
// a development dependency.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { writeLongRun } from '../support/long-run.mjs';

export const name = 'html-report';

const ENTRY = join(import.meta.dirname, '../../bin/run.js');
const MINUTES = [1, 10, 60];
const TURNS = 5;
const LIMIT_MS = 2000;
const GATES = ['metric_00 p(50) < +10%', 'metric_00 p(99) < +10%'].flatMap((gate) => ['--gate', gate]);

function write(folder, minutes) {
  const page = join(folder, `${minutes}.html`);
  const runs = [join(folder, 'a.run'), join(folder, 'b.run')];
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [ENTRY, 'report', ...runs, ...GATES, '--output', page], {
    encoding: 'utf8',
  });
  if (status === null || ![0, 10].includes(status)) throw new Error(`${status}: ${stderr}`);
  return { page, ms: performance.now() - startedAt };
}

/**
 * From the start of loading to the second frame behind which every chart in sight has its canvas.
 */
async function openingMs(browser, path) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const startedAt = performance.now();
  await page.goto(`file://${path}`);
  await page.locator('.chart canvas').first().waitFor();
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const ms = performance.now() - startedAt;
  await page.close();
  return ms;
}

function middle(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-html-'));
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const rows = [];
    for (const minutes of MINUTES) {
      rmSync(join(folder, 'a.run'), { force: true });
      rmSync(join(folder, 'b.run'), { force: true });
      for (const run of ['a.run', 'b.run']) await writeLongRun(join(folder, run), minutes * 60);
      const { page, ms: written } = write(folder, minutes);
      const opened = [];
      for (let turn = 0; turn < TURNS; turn += 1) opened.push(await openingMs(browser, page));
      const ms = middle(opened);
      rows.push({
        'two runs of': `${minutes} min`,
        'ms to make, text verdict included': written.toFixed(0),
        'kB of the page': Math.round(statSync(page).size / 1000),
        'ms to open, median': ms.toFixed(0),
        wanted: minutes === 60 ? `under ${LIMIT_MS} ms to open${ms < LIMIT_MS ? '' : ', MISSED'}` : '',
      });
    }
    return {
      title: 'The HTML page of a comparison: 20 metrics',
      rows,
      notes: [`Opened in Chromium ${browser.version()} until the charts in sight are drawn, medians of ${TURNS}.`],
    };
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) console.table((await measure()).rows);
