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
import { z } from 'zod';
import { cacheFolder } from '../../core/package-version.js';
import { describeMachine } from '../health/machine-times.js';
import { calibrationPayload } from '../../run-file/record-schemas.js';

const FLOOR = { vus: '1', rate: '100', duration: '4s' } as const;
const TRIAL_VUS = 100;
const TRIAL = { duration: '3s' } as const;
const SEARCH = { firstRate: 4000, precision: 0.1, mostTrials: 9 } as const;
/** A rate is kept when so much of it was begun. */
const LEAST_BEGUN = 0.98;
/** The message size of all of it: bytes. */
export const CALIBRATION_SIZE = 64;

/** What a calibration works with. */
export interface CalibrateDeps {
  /** An echo server of another process on this machine. */
  readonly url: string;
  readonly clock: Clock;
  /** Of wsg. */
  readonly version: string;
  readonly threads?: string;
  /** Virtual users of the search for the highest rate; 100 unless told. */
  readonly vus?: number;
  /** Told of each step, in words. */
  readonly tell: (sentence: string) => void;
  /** Asked before each step. */
  readonly isStopped: () => boolean;
  /** Gets each engine before it runs, so that a signal can stop it. */
  readonly started: (engine: Engine) => void;
}

/**
 * Measures this machine against an echo server of another process: how long a round trip takes when
 * nothing else is to do, and how many messages a second go out in time and come back. Undefined
 * when it was stopped.
 */
export async function calibrate(deps: CalibrateDeps): Promise<Calibration | undefined> {
  const floor = await runEcho(FLOOR, deps);
  const trips = floor?.end.totals.trends['ws_rtt']?.histograms.service;
  if (floor === undefined || trips === undefined) return undefined;
  const [floorP50Ms, floorP99Ms] = [trips.valueAtPercentile(50), trips.valueAtPercentile(99)];
  deps.tell(`floor: a round trip takes ${floorP50Ms.toFixed(3)} ms at the median, ${floorP99Ms.toFixed(3)} ms at p99`);
  const trials: RateTrial[] = [];
  for (let rate = nextRate(trials, SEARCH); rate !== undefined; rate = nextRate(trials, SEARCH)) {
    const run = await runEcho({ ...TRIAL, vus: String(deps.vus ?? TRIAL_VUS), rate: String(rate) }, deps);
    if (run === undefined) return undefined;
    const isKept = isRateKept(run);
    trials.push({ rate, isKept });
    deps.tell(`${rate} messages/s: ${isKept ? 'kept' : 'too much'}`);
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
    throw new WsgError('target.unreachable', 'The echo server of the calibration answered nothing.');
  }
  return run;
}

/** The first second connects and warms up, the last one is cut: those between decide. */
function isRateKept(run: Run): boolean {
  const seconds = run.health.slice(1, -1);
  const begun = seconds.reduce((sum, second) => sum + (second.begun ?? 0), 0);
  const planned = seconds.reduce((sum, second) => sum + (second.planned ?? 0), 0);
  const isInTime = judgeSeconds(seconds).verdict === 'healthy' && begun >= planned * LEAST_BEGUN;
  return isInTime && (run.end.totals.counters['ws_msgs_lost'] ?? 0) === 0;
}

/** One rate that was tried. */
export interface RateTrial {
  /** Messages a second. */
  readonly rate: number;
  /** Whether the generator kept up. */
  readonly isKept: boolean;
}

export interface RateSearch {
  readonly firstRate: number;
  /** The search ends when the highest kept rate is within this share of the lowest lost one. */
  readonly precision: number;
  readonly mostTrials: number;
}

/**
 * The next rate to try: doubles until one is too much, then halves the gap between the highest kept
 * rate and the lowest lost one (on a logarithmic scale). Undefined when it is known well enough, or
 * was tried long enough.
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

/** The highest rate that was kept below every one that was lost; 0 when there is none. */
export function highestKept(trials: readonly RateTrial[]): number {
  const lost = Math.min(...trials.filter(({ isKept }) => !isKept).map(({ rate }) => rate));
  return Math.max(0, ...trials.filter(({ rate, isKept }) => isKept && rate < lost).map(({ rate }) => rate));
}

const file = z.record(z.string(), calibrationPayload);

/** Where calibrations are kept. */
export function calibrationPath(env: Readonly<NodeJS.ProcessEnv>): string {
  return join(cacheFolder(env), 'calibration.json');
}

/**
 * Keeps what this machine, Node and version can do, beside what others can. Rejects when the file
 * cannot be written; `version` is wsg's.
 */
export async function keepCalibration(path: string, version: string, calibration: Calibration): Promise<void> {
  const all = { ...(await readAll(path)), [keyOf(version)]: calibration };
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(all, null, 2)}\n`);
  await rename(draft, path);
}

/** What was kept; undefined when there is none, or the file cannot be read or understood. */
export async function readCalibration(path: string, version: string): Promise<Calibration | undefined> {
  return (await readAll(path))[keyOf(version)];
}

async function readAll(path: string): Promise<Readonly<Record<string, Calibration>>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return file.parse(value);
  } catch {
    return {};
  }
}

/** On another machine, Node or version a calibration says nothing. */
function keyOf(version: string): string {
  const { platform, arch, cpuModel, cpus } = describeMachine();
  const text = JSON.stringify([platform, arch, cpuModel, cpus, process.version, version]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
