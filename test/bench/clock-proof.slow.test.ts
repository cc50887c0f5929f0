import { expect, it, onTestFinished } from 'vitest';
import { compare, runEcho, startDelayed } from '../../bench/clock/clock-proof.mjs';

const LOAD = { rate: 300, vus: 30, seconds: 6 };
/**
 * On a machine that does other things, and what they do may hold up the proxy and not the
 * generator: another try is allowed; `npm run bench -- clock` asks for 2 %.
 */
const ALLOWED = { share: 0.2, ms: 3 };

async function measure(delay: { readonly medianMs: number; readonly sigma: number }) {
  const delayed = await startDelayed(delay);
  onTestFinished(delayed.stop);
  return runEcho(delayed.url, LOAD, delayed.delays);
}

it('echo measures what a proxy of another process recorded, or is marked', { timeout: 60_000, retry: 2 }, async () => {
  const floor = await measure({ medianMs: 0, sigma: 0 });
  const run = await measure({ medianMs: 40, sigma: 0.4 });
  // A generator that was held up may be wrong, and has to say so.
  if (run.verdict !== 'healthy' || floor.verdict !== 'healthy') return;
  const { delays } = run;
  expect(delays?.length).toBeGreaterThan(500);
  for (const { truthMs, measuredMs } of compare(run.response, delays ?? [], floor.response).slice(0, 2)) {
    expect(truthMs).toBeGreaterThan(35);
    expect(Math.abs(measuredMs - truthMs)).toBeLessThan(Math.max(ALLOWED.ms, truthMs * ALLOWED.share));
  }
});
