import { describe, expect, it, onTestFinished } from 'vitest';
import { DashboardOutput } from '../../../src/loadgen/output/dashboard-output.js';
import { sampleSnapshots } from '../../support/run-snapshots.js';

async function startDashboard(): Promise<DashboardOutput> {
  const dashboard = new DashboardOutput({ host: '127.0.0.1', port: 0 });
  await dashboard.start();
  onTestFinished(async () => void (await dashboard.stop()));
  return dashboard;
}

describe('DashboardOutput', () => {
  it.each(['/', '/uplot.js', '/uplot.css', '/dashboard.js', '/dashboard.css'])(
    'serves %s from memory, to be loaded from nowhere else',
    async (path) => {
      const { url } = await startDashboard();
      const response = await fetch(new URL(path, url));
      expect(response.status).toBe(200);
      expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'/);
      expect((await response.text()).length).toBeGreaterThan(100);
    },
  );

  it.each([
    ['/constructor', 'GET', 404],
    ['/', 'POST', 405],
  ])('answers %s with %s by %i', async (path, method, status) => {
    const { url } = await startDashboard();
    expect((await fetch(new URL(path, url), { method })).status).toBe(status);
  });

  it('sends a late page the history, then each second, and ends with the run', async () => {
    const dashboard = await startDashboard();
    const [first, second, third] = sampleSnapshots(3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');
    dashboard.takeSnapshot(first);
    dashboard.takeSnapshot(second);
    const response = await fetch(`${dashboard.url}/events`);
    dashboard.takeSnapshot(third);
    await dashboard.stop();
    const events = [...(await response.text()).matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)];
    expect(
      events.map(([, name, data = '']) => [name, [JSON.parse(data)].flat().map(({ seconds }) => seconds)]),
    ).toEqual([
      ['history', [1, 2]],
      ['second', [3]],
    ]);
  });
});
