import { WsgError, type ErrorCode } from '../core/error.js';

/** Exit codes of wsg; those from 99 upwards are k6's. */
export const EXIT_CODE = {
  ok: 0,
  internal: 1,
  usage: 2,
  regression: 10,
  inconclusive: 12,
  invalidRun: 13,
  targetUnreachable: 14,
  cannotStart: 15,
  thresholdsCrossed: 99,
  setupTimeout: 100,
  teardownTimeout: 101,
  invalidOptions: 104,
  stoppedBySignal: 105,
  scriptException: 107,
  scriptAborted: 108,
  scriptFailed: 110,
  interruptedTwice: 130,
} as const;

/** A code that a wsg process ends with. */
export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];

const OF_ERROR: Readonly<Record<ErrorCode, ExitCode>> = {
  internal: EXIT_CODE.internal,
  usage: EXIT_CODE.usage,
  'config.invalid': EXIT_CODE.invalidOptions,
  'config.not-found': EXIT_CODE.invalidOptions,
  'options.invalid': EXIT_CODE.invalidOptions,
  'listen.in-use': EXIT_CODE.cannotStart,
  'listen.denied': EXIT_CODE.cannotStart,
  'listen.failed': EXIT_CODE.cannotStart,
  'tls.invalid': EXIT_CODE.cannotStart,
  'transport.unavailable': EXIT_CODE.cannotStart,
  'open-files.too-few': EXIT_CODE.cannotStart,
  'sink.refused': EXIT_CODE.cannotStart,
  'outbox.unusable': EXIT_CODE.cannotStart,
  'cluster.number-taken': EXIT_CODE.cannotStart,
  'secret.unreadable': EXIT_CODE.cannotStart,
  'plugin.failed': EXIT_CODE.cannotStart,
  'gateway.stop-failed': EXIT_CODE.internal,
  'gateway.start-failed': EXIT_CODE.cannotStart,
  'worker.crashed': EXIT_CODE.internal,
  'preflight.refused': EXIT_CODE.cannotStart,
  'target.unreachable': EXIT_CODE.targetUnreachable,
  'script.unreadable': EXIT_CODE.scriptException,
  'script.invalid': EXIT_CODE.scriptException,
  'script.setup-timeout': EXIT_CODE.setupTimeout,
  'script.teardown-timeout': EXIT_CODE.teardownTimeout,
  'script.failed': EXIT_CODE.scriptException,
  'script.aborted': EXIT_CODE.scriptAborted,
  'script.marked-failed': EXIT_CODE.scriptFailed,
  'thread.crashed': EXIT_CODE.internal,
  'output.failed': EXIT_CODE.cannotStart,
  'run-file.not-found': EXIT_CODE.usage,
  'run-file.foreign': EXIT_CODE.usage,
  'run-file.newer': EXIT_CODE.usage,
  'run-file.write-failed': EXIT_CODE.cannotStart,
  'run-file.empty': EXIT_CODE.usage,
  'merge.unfit': EXIT_CODE.invalidRun,
  'baseline.unfit': EXIT_CODE.invalidRun,
  'baseline.write-failed': EXIT_CODE.cannotStart,
};

/**
 * If several exit codes apply, the first of these is used: failures come before the results of
 * measurements.
 */
const PRECEDENCE: readonly ExitCode[] = [
  EXIT_CODE.interruptedTwice,
  EXIT_CODE.stoppedBySignal,
  EXIT_CODE.scriptAborted,
  EXIT_CODE.scriptException,
  EXIT_CODE.setupTimeout,
  EXIT_CODE.teardownTimeout,
  EXIT_CODE.invalidOptions,
  EXIT_CODE.targetUnreachable,
  EXIT_CODE.internal,
  EXIT_CODE.scriptFailed,
  EXIT_CODE.thresholdsCrossed,
  EXIT_CODE.invalidRun,
  EXIT_CODE.cannotStart,
  EXIT_CODE.usage,
  EXIT_CODE.regression,
  EXIT_CODE.inconclusive,
  EXIT_CODE.ok,
];

/** The exit code for a thrown value; anything other than a `WsgError` is a defect in wsg, 1. */
export function exitCodeOfError(thrown: unknown): ExitCode {
  return thrown instanceof WsgError ? OF_ERROR[thrown.code] : EXIT_CODE.internal;
}

/** The exit code if several apply; 0 if none does. */
export function strongestExitCode(codes: readonly ExitCode[]): ExitCode {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT_CODE.ok;
}
