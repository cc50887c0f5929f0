import { expect, it, onTestFinished } from 'vitest';
import { openPage } from '../support/chromium.js';
import { LoadTarget } from '../support/load-target.js';
import { WsgProcess } from '../support/wsg-process.js';

it('draws a run live in a real browser, and keeps it on the page after the run', { timeout: 60_000 }, async () => {
  const target = new LoadTarget((socket, self) => self.send(socket, 'routine message'));
  await target.start();
  onTestFinished(() => target.stop());
  const load = ['--url', target.url, '-u', '3', '-d', '60s', '--no-run', '--allow-saturated'];
  const wsg = new WsgProcess(['loadtest', ...load, '--dashboard', '127.0.0.1:0']);
  const [, url = ''] = await wsg.says(/web dashboard: (http:\S+)/);
  const page = await openPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('ERR_')) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(url);
  await page.locator('#state', { hasText: /running, ([3-9]|\d\d) s/ }).waitFor();
  const titles = page.locator('.chart .u-title');
  expect(await titles.allTextContents()).toEqual(
    expect.arrayContaining(['virtual users', 'ws_sessions (1/s)', 'ws_connecting (ms)', 'event loop (%)']),
  );
  expect(await page.evaluate(IS_DRAWN)).toBe(true);
  expect(await page.locator('#verdict').textContent()).toMatch(/healthy|strained|saturated/);
  wsg.kill('SIGINT');
  const { code, stderr } = await wsg.ended;
  expect(code, stderr).toBe(105);
  await page.locator('#state', { hasText: 'ended: stopped-by-signal' }).waitFor();
  expect(await titles.count()).toBeGreaterThan(5);
  expect(await page.evaluate(IS_DRAWN)).toBe(true);
  expect(problems).toEqual([]);
});

/**
 * Script for the page: whether the line of the first series is drawn on the canvas of the chart of
 * virtual users.
 */
const IS_DRAWN = `(() => {
  const canvas = document.querySelector('.chart[data-title="virtual users"] canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] === 0x2a && data[at + 1] === 0x6f && data[at + 2] === 0xdb) return true;
  }
  return false;
})()`;
