// The clock of the load generator against a proxy that knows the truth; how late it is at half of
// what the machine can do; and whether a run that asks too much is marked.
import { systemClock } from '../../dist/core/clock.js';
import { calibrate } from '../../dist/loadgen/index.js';
import { calibrateThroughProxy, compare, runEcho, startDelayed, startEcho } from './clock-proof.mjs';

const DELAY = { medianMs: 20, sigma: 0.5 };
const NONE = { medianMs: 0, sigma: 0 };
const TOLERANCE = { share: 0.02, ms: 0.1 };
const SECONDS = 10;
const TURNS = 3;
const LAG_LIMIT_MS = 2;

const tell = (line) => console.error(`  ${line}`);

async function runThrough(delay, load) {
  const delayed = await startDelayed(delay);
  try {
    return await runEcho(delayed.url, load, delayed.delays);
  } finally {
    await delayed.stop();
  }
}

function middle(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Floor and delayed run in turns. */
async function proofRows(rate) {
  const turns = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const load = { rate, vus: 1000, seconds: SECONDS };
    const floor = await runThrough(NONE, load);
    const run = await runThrough(DELAY, load);
    turns.push({ run, rows: compare(run.response, run.delays, floor.response) });
    tell(`turn ${turn + 1}: ${run.verdict}`);
  }
  return [0, 1, 2].map((index) => {
    const truth = middle(turns.map(({ rows }) => rows[index].truthMs));
    const offs = turns.map(({ rows }) => rows[index].measuredMs - rows[index].truthMs);
    const off = middle(offs);
    const allowed = Math.max(TOLERANCE.ms, truth * TOLERANCE.share);
    return {
      what: `response time p${turns[0].rows[index].quantile * 100} at ${rate}/s`,
      truth: `${truth.toFixed(3)} ms`,
      measured: `${(truth + off).toFixed(3)} ms`,
      off: `${off.toFixed(3)} ms (turns: ${offs.map((one) => one.toFixed(3)).join(', ')})`,
      wanted: `within ${allowed.toFixed(3)} ms`,
      holds: Math.abs(off) <= allowed ? 'yes' : 'NO',
      generator: turns.map(({ run }) => run.verdict).join(', '),
    };
  });
}

/** How late messages left at half of what the machine can do without a proxy. */
async function lagRow() {
  tell('without a proxy');
  const echo = await startEcho();
  try {
    const parts = { url: echo.url, clock: systemClock, version: '0.0.0', vus: 1000, tell };
    const { messagesPerSecond } = await calibrate({ ...parts, isStopped: () => false, started: () => undefined });
    const rate = Math.round(messagesPerSecond / 2);
    const lags = [];
    const verdicts = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      const { lag, verdict } = await runEcho(echo.url, { rate, vus: 1000, seconds: SECONDS });
      lags.push(lag.valueAtPercentile(99));
      verdicts.push(verdict);
    }
    return {
      what: `schedule lag p99, 1,000 VUs at ${rate}/s without a proxy`,
      measured: `${middle(lags).toFixed(2)} ms (turns: ${lags.map((lag) => lag.toFixed(2)).join(', ')})`,
      wanted: `below ${LAG_LIMIT_MS} ms`,
      holds: middle(lags) < LAG_LIMIT_MS ? 'yes' : 'NO',
      generator: verdicts.join(', '),
    };
  } finally {
    await echo.stop();
  }
}

export async function measure() {
  tell('through the proxy');
  const { messagesPerSecond } = await calibrateThroughProxy(NONE, tell);
  const rate = Math.round(messagesPerSecond / 2);
  const rows = await proofRows(rate);
  rows.push(await lagRow());
  const over = await runThrough(DELAY, { rate: messagesPerSecond * 8, vus: 100, seconds: 6 });
  rows.push({
    what: `eight times what the machine can do, ${messagesPerSecond * 8}/s`,
    measured: over.reasons.join('; '),
    wanted: 'saturated',
    holds: over.verdict === 'saturated' ? 'yes' : 'NO',
    generator: over.verdict,
  });
  return {
    title: 'The clock: what echo measures through a proxy that records its own delays',
    rows,
    notes: [
      `The proxy holds each message for a log-normal time (median ${DELAY.medianMs} ms, sigma ${DELAY.sigma}) and records how long it really did; truth is that and a floor measured in the same turn through the same proxy without delay.`,
      `Through the proxy this machine does ${messagesPerSecond} messages/s; the proof runs at half of that.`,
    ],
  };
}
