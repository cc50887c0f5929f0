import type { Clock } from '../../core/clock.js';
import { WsgError } from '../../core/error.js';
import { judgeSeconds } from '../../run-file/judge-health.js';
import type { Calibration, Run } from '../../run-file/records.js';
import { Engine } from '../engine.js';
import type { LoadFlags } from '../options/load-flags.js';
import { planLoad } from '../plan/parse-load-options.js';
import { highestKept, nextRate, type RateTrial } from './search-rate.js';

const FLOOR = { vus: '1', rate: '100', duration: '4s' } as const;
const TRIAL_VUS = 100;
const TRIAL = { duration: '3s' } as const;
const SEARCH = { firstRate: 4000, precision: 0.1, mostTrials: 9 } as const;
/** A rate is kept when so much of it was begun. */
const LEAST_BEGUN = 0.98;
/** The message size of all of it: bytes. */
export const CALIBRATION_SIZE = 64;

/** What a calibration works with. */
export interface CalibrateParts {
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
export async function calibrate(parts: CalibrateParts): Promise<Calibration | undefined> {
  const floor = await runEcho(FLOOR, parts);
  const trips = floor?.end.totals.trends['ws_rtt']?.histograms.service;
  if (floor === undefined || trips === undefined) return undefined;
  const [floorP50Ms, floorP99Ms] = [trips.valueAtPercentile(50), trips.valueAtPercentile(99)];
  parts.tell(`floor: a round trip takes ${floorP50Ms.toFixed(3)} ms at the median, ${floorP99Ms.toFixed(3)} ms at p99`);
  const trials: RateTrial[] = [];
  for (let rate = nextRate(trials, SEARCH); rate !== undefined; rate = nextRate(trials, SEARCH)) {
    const run = await runEcho({ ...TRIAL, vus: String(parts.vus ?? TRIAL_VUS), rate: String(rate) }, parts);
    if (run === undefined) return undefined;
    const isKept = isRateKept(run);
    trials.push({ rate, isKept });
    parts.tell(`${rate} messages/s: ${isKept ? 'kept' : 'too much'}`);
  }
  const messagesPerSecond = highestKept(trials);
  return { at: new Date(parts.clock.wallNow()).toISOString(), floorP50Ms, floorP99Ms, messagesPerSecond };
}

async function runEcho(flags: LoadFlags, parts: CalibrateParts): Promise<Run | undefined> {
  if (parts.isStopped()) return undefined;
  const { url, clock, version, threads } = parts;
  const size = String(CALIBRATION_SIZE);
  const { plan } = planLoad({
    flags: { scenario: 'echo', gracefulStop: '2s', answerTimeout: '2s', url, size, threads, ...flags },
  });
  const engine = new Engine(plan, { clock, version });
  parts.started(engine);
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
