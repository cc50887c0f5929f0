/**
 * What SIGTERM and SIGINT do until a command listens for them itself. Without listeners they would cut a start, and as process 1 of a
 * container the kernel would drop them. It imports nothing: bin/run.js runs it before everything else.
 */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

type StopSignal = (typeof STOP_SIGNALS)[number];

const SIGNAL_NUMBER = { SIGINT: 2, SIGTERM: 15 } as const;
/** A gateway's orderly stop, and `wsg loadtest`'s. */
const STOPPED_GATEWAY = 0;
const STOPPED_LOADTEST = 105;

let listener: ((signal: StopSignal) => void) | undefined;

/** Listens from now on. Nothing is held yet: the process ends at once, with the code that the command would end with. */
export function holdStopSignals(argv: readonly string[]): void {
  if (listener !== undefined) return;
  listener = (signal) => endEarly(signal, argv);
  for (const signal of STOP_SIGNALS) process.on(signal, listener);
}

/** To be called once somebody else listens. */
export function releaseStopSignals(): void {
  if (listener === undefined) return;
  for (const signal of STOP_SIGNALS) process.off(signal, listener);
  listener = undefined;
}

function endEarly(signal: StopSignal, argv: readonly string[]): never {
  const isCheck = argv.includes('--check');
  if ((argv[0] === 'serve' || argv[0] === 'devhelpers') && !isCheck) process.exit(STOPPED_GATEWAY);
  if (argv[0] === 'loadtest') process.exit(STOPPED_LOADTEST);
  // Other commands end by the signal itself, as shells expect; process 1 is not ended by its own signals.
  releaseStopSignals();
  process.kill(process.pid, signal);
  process.exit(128 + SIGNAL_NUMBER[signal]);
}
