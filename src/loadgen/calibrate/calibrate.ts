import type { Clock } from '../../core/clock.js';
import { WsgError } from '../../core/error.js';
import { judgeSeconds } from '../../run-file/judge-health.js';
import type { Calibration, Run } from '../../run-file/records.js';
import { Engine } from '../engine.js';
import type { LoadFlags } from '../options/index.js';
import { planLoad } from '../plan/parse-load-options.js';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../core/package-version.js';
import { describeMachine } from '../health/machine-times.js';
import { recordOf } from '../../run-file/payload-shape.js';
import { calibrationPayload } from '../../run-file/record-schemas.js';

const FLOOR = { vus: '1', rate: '100', duration: '4s' } as const;
const TRIAL_VUS = 100;
const TRIAL = { duration: '3s' } as const;
const SEARCH = { firstRate: 4000, precision: 0.1, mostTrials: 9 } as const;
/** A rate is sustained if at least this share of it was started. */
const MIN_STARTED_SHARE = 0.98;
/** Message size of all measurements in bytes. */
export const CALIBRATION_SIZE = 64;

/** Options and collaborators of a calibration. */
export interface CalibrateDeps {
  /** URL of an echo server in another process on this machine. */
  readonly url: string;
  readonly clock: Clock;
  /** Version of wsg. */
  readonly version: string;
  readonly threads?: string;
  /** Virtual users of the search for the highest rate; 100 by default. */
  readonly vus?: number;
  /** Receives a sentence after each step. */
  readonly report: (sentence: string) => void;
  /** Checked before each step. */
  readonly isStopped: () => boolean;
  /** Receives each engine before it runs, so that a signal can stop it. */
  readonly started: (engine: Engine) => void;
}

/**
 * Measures this machine against an echo server in another process: the round-trip time without
 * load, and the message rate that it sustains. Undefined if it was stopped.
 */
export async function calibrate(deps: CalibrateDeps): Promise<Calibration | undefined> {
  const floor = await runEcho(FLOOR, deps);
  const trips = floor?.end.totals.trends['ws_rtt']?.histograms.service;
  if (floor === undefined || trips === undefined) return undefined;
  const [floorP50Ms, floorP99Ms] = [trips.valueAtPercentile(50), trips.valueAtPercentile(99)];
  deps.report(
    `without load: a round trip takes ${floorP50Ms.toFixed(3)} ms (median), ${floorP99Ms.toFixed(3)} ms (p99)`,
  );
  const trials: RateTrial[] = [];
  for (let rate = nextRate(trials, SEARCH); rate !== undefined; rate = nextRate(trials, SEARCH)) {
    const run = await runEcho({ ...TRIAL, vus: String(deps.vus ?? TRIAL_VUS), rate: String(rate) }, deps);
    if (run === undefined) return undefined;
    const isKept = isRateKept(run);
    trials.push({ rate, isKept });
    deps.report(`${rate} messages/s: ${isKept ? 'sustained' : 'not sustained'}`);
  }
  const messagesPerSecond = highestKept(trials);
  return { at: new Date(deps.clock.wallNow()).toISOString(), floorP50Ms, floorP99Ms, messagesPerSecond };
}

async function runEcho(flags: LoadFlags, deps: CalibrateDeps): Promise<Run | undefined> {
  if (deps.isStopped()) return undefined;
  const { url, clock, version, threads } = deps;
  const size = String(CALIBRATION_SIZE);
  const { plan } = planLoad({
    flags: { scenario: 'echo', gracefulStop: '2s', answerTimeout: '2s', url, size, threads, ...flags },
  });
  const engine = new Engine(plan, { clock, version });
  deps.started(engine);
  const run = await engine.run();
  if (engine.failure !== undefined) throw engine.failure;
  if (run.end.reason !== 'finished') return undefined;
  if (run.end.totals.counters['ws_msgs_received'] === undefined) {
    throw new WsgError('target.unreachable', 'The echo server of the calibration did not respond.');
  }
  return run;
}

/** Ignores the first second (connecting, warm-up) and the last one (incomplete). */
function isRateKept(run: Run): boolean {
  const seconds = run.health.slice(1, -1);
  const begun = seconds.reduce((sum, second) => sum + (second.begun ?? 0), 0);
  const planned = seconds.reduce((sum, second) => sum + (second.planned ?? 0), 0);
  const isInTime = judgeSeconds(seconds).verdict === 'healthy' && begun >= planned * MIN_STARTED_SHARE;
  return isInTime && (run.end.totals.counters['ws_msgs_lost'] ?? 0) === 0;
}

/** One tried rate. */
export interface RateTrial {
  /** Messages per second. */
  readonly rate: number;
  /** Whether the generator sustained the rate. */
  readonly isKept: boolean;
}

export interface RateSearch {
  readonly firstRate: number;
  /**
   * The search ends when the highest sustained rate is within this share of the lowest rate that
   * was not sustained.
   */
  readonly precision: number;
  readonly mostTrials: number;
}

/**
 * Returns the next rate to try: doubles until a rate is not sustained, then bisects between the
 * highest sustained rate and the lowest other one on a logarithmic scale. Undefined when the result
 * is precise enough or the trials are used up.
 */
export function nextRate(trials: readonly RateTrial[], search: RateSearch): number | undefined {
  if (trials.length >= search.mostTrials) return undefined;
  if (trials.length === 0) return search.firstRate;
  const kept = highestKept(trials);
  const lost = Math.min(...trials.filter(({ isKept }) => !isKept).map(({ rate }) => rate));
  if (lost === Number.POSITIVE_INFINITY) return kept * 2;
  if (kept === 0) return Math.round(lost / 2);
  if (lost / kept <= 1 + search.precision) return undefined;
  return Math.round(Math.sqrt(kept * lost));
}

/** Returns the highest sustained rate below all rates that were not sustained; 0 without one. */
export function highestKept(trials: readonly RateTrial[]): number {
  const lost = Math.min(...trials.filter(({ isKept }) => !isKept).map(({ rate }) => rate));
  return Math.max(0, ...trials.filter(({ rate, isKept }) => isKept && rate < lost).map(({ rate }) => rate));
}

const file = recordOf(calibrationPayload);

/** Returns the path of the calibration file. */
export function calibrationPath(env: Readonly<NodeJS.ProcessEnv>): string {
  return join(cacheFolder(env), 'calibration.json');
}

/**
 * Stores the calibration of this machine, Node and wsg version next to those of others. Rejects if
 * the file cannot be written.
 */
export async function keepCalibration(path: string, version: string, calibration: Calibration): Promise<void> {
  const all = { ...(await readAll(path)), [keyOf(version)]: calibration };
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(all, null, 2)}\n`);
  await rename(draft, path);
}

/**
 * Returns the stored calibration; undefined if there is none, or the file is unreadable or invalid.
 */
export async function readCalibration(path: string, version: string): Promise<Calibration | undefined> {
  return (await readAll(path))[keyOf(version)];
}

async function readAll(path: string): Promise<Readonly<Record<string, Calibration>>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return file(value);
  } catch {
    return {};
  }
}

/** A calibration is only valid for the same machine, Node and wsg version. */
function keyOf(version: string): string {
  const { platform, arch, cpuModel, cpus } = describeMachine();
  const text = JSON.stringify([platform, arch, cpuModel, cpus, process.version, version]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
