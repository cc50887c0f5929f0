import type { Clock } from '../core/clock.js';
import { systemClock } from '../core/clock.js';
import { releaseReloadSignal, releaseStopSignals } from './early-signals.js';
import { EXIT_CODE, type ExitCode } from './exit-code.js';

/** Signals that ask a process to stop. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/**
 * npm forwards Ctrl-C, which the terminal has already sent to this process: the same signal within
 * this time is the same key press.
 */
const SAME_PRESS_MS = 150;

/** The part of the process that `onStopSignal` needs; tests use an emitter. */
interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
}

/** Collaborators of `onStopSignal`, all with a default. */
export interface SignalOptions {
  readonly source?: SignalSource;
  readonly clock?: Clock;
  /** Called at the second signal; by default the process exits immediately with 130. */
  readonly onSecond?: (signal: StopSignal) => void;
}

/**
 * Calls `onFirst` at the first SIGINT or SIGTERM, and `onSecond` at the second. The returned
 * function stops listening.
 */
export function onStopSignal(onFirst: (signal: StopSignal) => void, options: SignalOptions = {}): () => void {
  const { source = process, clock = systemClock, onSecond = () => endProcess(EXIT_CODE.interruptedTwice) } = options;
  let first: { readonly signal: StopSignal; readonly atMs: number } | undefined;
  const listener = (signal: StopSignal): void => {
    if (first === undefined) {
      first = { signal, atMs: clock.now() };
      onFirst(signal);
    } else if (signal !== first.signal || clock.now() - first.atMs > SAME_PRESS_MS) {
      onSecond(signal);
    }
  };
  for (const signal of STOP_SIGNALS) source.on(signal, listener);
  if (source === process) releaseStopSignals();
  return () => {
    for (const signal of STOP_SIGNALS) source.off(signal, listener);
  };
}

/**
 * Waits for work that needs no graceful stop, such as reading scripts. A stop signal meanwhile is
 * reported and ends the process immediately.
 */
export async function endOnStop<T>(work: Promise<T>, tell: (text: string) => void): Promise<T> {
  const stopListening = onStopSignal(() => {
    tell('stopped by a signal before the run began');
    endProcess(EXIT_CODE.stoppedBySignal);
  });
  try {
    return await work;
  } finally {
    stopListening();
  }
}

/**
 * Calls `onReload` at each SIGHUP, which would otherwise end the process. With a terminal, SIGHUP
 * means that the terminal was closed, and still ends the process.
 */
export function onReloadSignal(onReload: () => void, hasTerminal = process.stderr.isTTY === true): void {
  if (!hasTerminal) process.on('SIGHUP', onReload);
  releaseReloadSignal();
}

/** Time for which file operations in progress may delay the end of the process. */
const FILES_BOUND_MS = 1_000;
const LOOK_EACH_MS = 10;

/**
 * Ends the process immediately. Only for a second signal, for a stop that exceeded its time limit,
 * and before anything has begun.
 */
export function endProcess(code: ExitCode): never {
  process.exit(code);
}

/**
 * Like `endProcess`, for a process that may be writing to a hanging disk, with its current exit
 * code unless another one is given. `process.exit` waits for file system calls in progress; after 1
 * s the process kills itself.
 */
export function endHungProcess(given?: ExitCode): void {
  const code = given ?? process.exitCode;
  if (!isAtFile()) process.exit(code);
  const endsAt = performance.now() + FILES_BOUND_MS;
  setInterval(() => {
    if (isAtFile() && performance.now() < endsAt) return;
    if (isAtFile()) process.kill(process.pid, 'SIGKILL');
    process.exit(code);
  }, LOOK_EACH_MS);
}

/**
 * Ends the process after `afterMs` with its exit code at that time, if anything still keeps it
 * running.
 */
export function endProcessLater(afterMs: number): void {
  setTimeout(() => endHungProcess(), afterMs).unref();
}

function isAtFile(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
}
