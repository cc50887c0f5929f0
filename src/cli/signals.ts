import type { Clock } from '../core/clock.js';
import { systemClock } from '../core/clock.js';
import { releaseReloadSignal, releaseStopSignals } from './early-signals.js';
import { EXIT_CODE, type ExitCode } from './exit-code.js';

/** Signals that ask a process to stop. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/**
 * npm passes a terminal's Ctrl-C on, which the terminal has sent us already: the same signal so
 * closely behind is the same key press.
 */
const SAME_PRESS_MS = 150;

/** What `onStopSignal` needs of the process; tests bring an emitter. */
interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
}

/** Collaborators of `onStopSignal`, all with a default. */
export interface SignalOptions {
  readonly source?: SignalSource;
  readonly clock?: Clock;
  /** What the second signal does; by default the process ends at once with 130. */
  readonly onSecond?: (signal: StopSignal) => void;
}

/**
 * Calls `onFirst` at the first SIGINT or SIGTERM; the second cuts. The returned function stops
 * listening.
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
 * Waits for work that needs no end in order, such as reading scripts: a stop signal meanwhile is
 * told of and ends the process at once.
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
 * Calls `onReload` at each SIGHUP, which else would end the process. Not where a terminal is: there
 * it says that the terminal has gone, and a gateway that nobody sees any more should not live on.
 */
export function onReloadSignal(onReload: () => void, hasTerminal = process.stderr.isTTY === true): void {
  if (!hasTerminal) process.on('SIGHUP', onReload);
  releaseReloadSignal();
}

/** How long a file that is being read or written may hold up the end of the process. */
const FILES_BOUND_MS = 1_000;
const LOOK_EACH_MS = 10;

/**
 * Ends the process now, whatever is open. Only for a second signal, for a stop that has passed its
 * bound, and where nothing has begun.
 */
export function endProcess(code: ExitCode): never {
  process.exit(code);
}

/**
 * As `endProcess`, for one that may be writing to a disk that hangs, with the exit code that it has
 * by then unless another is given: `process.exit` waits for the system calls on files that are
 * under way. After 1 s of that the process kills itself.
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
 * Ends the process `afterMs` from now with the exit code that it has by then, if anything still
 * keeps it running.
 */
export function endProcessLater(afterMs: number): void {
  setTimeout(() => endHungProcess(), afterMs).unref();
}

function isAtFile(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
}
