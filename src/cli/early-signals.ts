import { isatty } from 'node:tty';

/**
 * Handling of SIGTERM, SIGINT and a gateway's SIGHUP until the command has its own listeners.
 * Without listeners they would kill the process during start-up, and the kernel would ignore them
 * for process 1 of a container. Imports nothing of wsg, since bin/run.js runs it first.
 */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

type StopSignal = (typeof STOP_SIGNALS)[number];

const SIGNAL_NUMBER = { SIGINT: 2, SIGTERM: 15 } as const;
/** Exit codes of a graceful stop, of the gateway and of `wsg loadtest`. */
const STOPPED_GATEWAY = 0;
const STOPPED_LOADTEST = 105;

const STANDARD_ERROR = 2;

let listener: ((signal: StopSignal) => void) | undefined;

/**
 * Starts listening. The process then ends immediately on a signal, with the exit code of the
 * command's graceful stop, since nothing needs to be stopped yet. SIGHUP is ignored, since the
 * files to reload are not read yet.
 */
export function holdStopSignals(argv: readonly string[]): void {
  if (listener !== undefined) return;
  listener = (signal) => endEarly(signal, argv);
  for (const signal of STOP_SIGNALS) process.on(signal, listener);
  if (isGateway(argv) && !isatty(STANDARD_ERROR)) process.on('SIGHUP', reloadNothing);
}

/** Stops listening. Must be called once other listeners exist. */
export function releaseStopSignals(): void {
  if (listener === undefined) return;
  for (const signal of STOP_SIGNALS) process.off(signal, listener);
  listener = undefined;
}

/**
 * Stops ignoring SIGHUP. Must be called once another listener exists, or if SIGHUP should end the
 * process.
 */
export function releaseReloadSignal(): void {
  process.off('SIGHUP', reloadNothing);
}

function reloadNothing(): void {
  // The start reads all files anyway.
}

function isGateway(argv: readonly string[]): boolean {
  return (argv[0] === 'serve' || argv[0] === 'devhelpers') && !argv.includes('--check');
}

function endEarly(signal: StopSignal, argv: readonly string[]): never {
  if (isGateway(argv)) process.exit(STOPPED_GATEWAY);
  if (argv[0] === 'loadtest') process.exit(STOPPED_LOADTEST);
  // Other commands end by the signal itself, as shells expect. Process 1 cannot be ended by its own
  // signals.
  releaseStopSignals();
  process.kill(process.pid, signal);
  process.exit(128 + SIGNAL_NUMBER[signal]);
}
