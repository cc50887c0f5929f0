// Whether `echo` measures what a proxy of another process recorded: its delays, and a floor that
// was measured without any.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../dist/core/clock.js';
import { Histogram } from '../../dist/core/histogram/histogram.js';
import { calibrate, echoServerEntry, Engine, planLoad } from '../../dist/loadgen/index.js';
import { judgeRun } from '../../dist/run-file/judge-health.js';

const SIZE = 64;
/** Length of a masked text frame: 2 bytes of header, 4 of the mask. */
const FRAME_BYTES = SIZE + 6;
const DRAWS = 400_000;

/** Starts a script that writes its port as its first line. */
async function startScript(script, args, readyFd) {
  const stdio = ['pipe', 'pipe', 'inherit', 'pipe', 'ipc'];
  const child = spawn(process.execPath, [script, ...args.map(String)], { stdio });
  const lines = createInterface({ input: readyFd === 3 ? child.stdio[3] : child.stdout });
  const [line] = await once(lines, 'line');
  const { port } = JSON.parse(line);
  const stop = async () => {
    const ended = once(child, 'exit');
    child.stdin.end();
    child.kill('SIGTERM');
    await ended;
  };
  const ask = async () => {
    const answer = once(lines, 'line');
    child.stdin.write('\n');
    return JSON.parse((await answer)[0]);
  };
  return { port, stop, ask };
}

/** The echo server of `--spawn-echo`. */
export async function startEcho() {
  const echo = await startScript(echoServerEntry(), ['--ready-fd', 3], 3);
  return { url: `ws://127.0.0.1:${echo.port}/`, port: echo.port, stop: echo.stop };
}

/** An echo server and a proxy before it. */
export async function startDelayed({ medianMs, sigma }) {
  const echo = await startEcho();
  const proxy = await startScript(join(import.meta.dirname, 'delay-proxy.mjs'), [
    echo.port,
    medianMs,
    sigma,
    FRAME_BYTES,
  ]);
  const stop = async () => {
    await proxy.stop();
    await echo.stop();
  };
  return { url: `ws://127.0.0.1:${proxy.port}/`, delays: async () => (await proxy.ask()).delays, stop };
}

/**
 * The seconds in which the generator connects and warms up, and the last ones, in which it ends:
 * they are left out on both sides.
 */
const WARM_UP_S = 2;

/**
 * One run of `echo`: what it recorded in its middle, and what it says of itself. `middle` is called
 * at the bounds of that, where the proxy forgets or tells what it did.
 */
export async function runEcho(url, { rate, vus, seconds }, middle = async () => undefined) {
  const flags = { scenario: 'echo', url, size: String(SIZE), gracefulStop: '3s', answerTimeout: '3s' };
  const load = { rate: String(rate), vus: String(vus), duration: `${seconds}s` };
  const { plan } = planLoad({ flags: { ...flags, ...load } });
  const kinds = { response: new Histogram(), service: new Histogram(), lag: new Histogram() };
  const isMiddle = (second) => second >= WARM_UP_S && second < seconds - 1;
  const ignored = () => undefined;
  const sink = {
    writeHeader: ignored,
    writeSecond: ({ second }) => {
      if (second === WARM_UP_S - 1 || second === seconds - 2) marks.push(middle());
    },
    writeHistogram: ({ series, kind, second, histogram }) => {
      if (series === 'ws_rtt' && isMiddle(second)) kinds[kind].add(histogram);
    },
    writeSketch: ignored,
    writeHealth: ignored,
    writeGateway: ignored,
    writeEvent: ignored,
    writeThreshold: ignored,
    writeEnd: ignored,
  };
  const marks = [];
  const run = await new Engine(plan, { clock: systemClock, version: '0.0.0', sink }).run();
  const [, delays] = await Promise.all(marks);
  const health = judgeRun(run.health.filter(({ second }) => isMiddle(second)));
  return { ...kinds, delays, verdict: health.verdict, reasons: health.reasons };
}

/** Times of a histogram at the middle of each of `count` equal shares. */
function spread(histogram, count) {
  return Array.from({ length: count }, (_, index) => histogram.valueAtPercentile(((index + 0.5) / count) * 100));
}

/** The quantiles of a delay and a floor that have nothing to do with each other, by draws. */
export function truthOf(delays, floor, quantiles) {
  const floors = spread(floor, 20_000);
  const sums = Float64Array.from({ length: DRAWS }, (_, draw) => {
    const delay = delays[Math.floor(((draw + 0.5) / DRAWS) * delays.length)];
    // Steps of the golden ratio: an even draw that is the same each time.
    return delay + floors[Math.floor(((draw * 0.618_033_988_749_895) % 1) * floors.length)];
  }).sort();
  return quantiles.map((quantile) => sums[Math.floor(quantile * sums.length)]);
}

/** Compares one kind of time at p50, p90 and p99 with the truth. */
export function compare(measured, delays, floor) {
  const quantiles = [0.5, 0.9, 0.99];
  const truth = truthOf(
    delays.toSorted((a, b) => a - b),
    floor,
    quantiles,
  );
  return quantiles.map((quantile, index) => ({
    quantile,
    truthMs: truth[index],
    measuredMs: measured.valueAtPercentile(quantile * 100),
  }));
}

/** The most messages a second through a proxy. */
export async function calibrateThroughProxy(delay, tell) {
  const undelayed = await startDelayed(delay);
  try {
    const parts = { url: undelayed.url, clock: systemClock, version: '0.0.0', vus: 1000, tell };
    return await calibrate({ ...parts, isStopped: () => false, started: () => undefined });
  } finally {
    await undelayed.stop();
  }
}
