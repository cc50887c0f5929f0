import { isatty } from 'node:tty';

/**
 * What SIGTERM, SIGINT and a gateway's SIGHUP do until a command listens for them itself. Without
 * listeners they would cut a start, and as process 1 of a container the kernel would drop them. It
 * imports nothing of wsg: bin/run.js runs it before everything else.
 */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

type StopSignal = (typeof STOP_SIGNALS)[number];

const SIGNAL_NUMBER = { SIGINT: 2, SIGTERM: 15 } as const;
/** A gateway's orderly stop, and `wsg loadtest`'s. */
const STOPPED_GATEWAY = 0;
const STOPPED_LOADTEST = 105;

const STANDARD_ERROR = 2;

let listener: ((signal: StopSignal) => void) | undefined;

/**
 * Listens from now on. Nothing is held yet: the process ends at once, with the code that the
 * command would end with. What SIGHUP asks a gateway to read again is not read yet.
 */
export function holdStopSignals(argv: readonly string[]): void {
  if (listener !== undefined) return;
  listener = (signal) => endEarly(signal, argv);
  for (const signal of STOP_SIGNALS) process.on(signal, listener);
  if (isGateway(argv) && !isatty(STANDARD_ERROR)) process.on('SIGHUP', reloadNothing);
}

/** To be called once somebody else listens. */
export function releaseStopSignals(): void {
  if (listener === undefined) return;
  for (const signal of STOP_SIGNALS) process.off(signal, listener);
  listener = undefined;
}

/** To be called once somebody else listens for SIGHUP, or it should end the process. */
export function releaseReloadSignal(): void {
  process.off('SIGHUP', reloadNothing);
}

function reloadNothing(): void {
  // The start reads everything anyway.
}

function isGateway(argv: readonly string[]): boolean {
  return (argv[0] === 'serve' || argv[0] === 'devhelpers') && !argv.includes('--check');
}

function endEarly(signal: StopSignal, argv: readonly string[]): never {
  if (isGateway(argv)) process.exit(STOPPED_GATEWAY);
  if (argv[0] === 'loadtest') process.exit(STOPPED_LOADTEST);
  // Other commands end by the signal itself, as shells expect; process 1 is not ended by its own
  // signals.
  releaseStopSignals();
  process.kill(process.pid, signal);
  process.exit(128 + SIGNAL_NUMBER[signal]);
}
