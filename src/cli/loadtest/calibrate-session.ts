import { systemClock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import { formatListenAddress } from '../../core/listen-address.js';
import { calibrate, calibrationPath, CALIBRATION_SIZE, keepCalibration, type Engine } from '../../loadgen/index.js';
import type { Calibration } from '../../run-file/records.js';
import { EXIT_CODE, type ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { endProcess, onStopSignal } from '../signals.js';
import { echoTarget } from './spawned-target.js';

/** One `wsg loadtest --calibrate` as it was typed. */
export interface CalibrateInvocation {
  readonly threads: string | undefined;
  readonly json: boolean;
  readonly output: Output;
  /** wsg's version. */
  readonly version: string;
}

/**
 * Measures this machine against its own echo server, prints the results, and keeps them for the
 * header of later run files.
 */
export async function runCalibration({ threads, json, output, version }: CalibrateInvocation): Promise<ExitCode> {
  const tell = (line: string): void => output.stderr.write(`${line}\n`);
  let isStopped = false;
  let engine: Engine | undefined;
  const stop = (): void => {
    isStopped = true;
    engine?.stop();
  };
  const stopListening = onStopSignal(stop, { onSecond: () => endProcess(EXIT_CODE.interruptedTwice) });
  const { process: server, path } = echoTarget({
    relayed: (source, text) => tell(`${source} | ${text}`),
    died: (error) => engine?.fail(error),
  });
  try {
    const url = `ws://${formatListenAddress(await server.start())}${path}`;
    tell(
      `calibrating against an echo server on this machine, ${CALIBRATION_SIZE} bytes a message; about half a minute`,
    );
    const started = (next: Engine): void => {
      engine = next;
    };
    const parts = { url, clock: systemClock, version, threads, report: tell, isStopped: () => isStopped, started };
    const calibration = await calibrate(parts);
    if (calibration === undefined) return EXIT_CODE.stoppedBySignal;
    output.stdout.write(json ? `${JSON.stringify(calibration)}\n` : calibrationText(calibration));
    await keep(calibration, version, tell);
    return EXIT_CODE.ok;
  } finally {
    stopListening();
    await server.stop();
  }
}

function calibrationText({ floorP50Ms, floorP99Ms, messagesPerSecond }: Calibration): string {
  return [
    'this machine, generator and echo server together',
    `  latency floor   p50 ${floorP50Ms.toFixed(3)} ms, p99 ${floorP99Ms.toFixed(3)} ms`,
    `  most messages   ${messagesPerSecond} a second, each answered`,
    '',
  ].join('\n');
}

/**
 * Keeps a calibration. A file that cannot be written is only a warning: the figures are printed.
 */
async function keep(calibration: Calibration, version: string, tell: (line: string) => void): Promise<void> {
  const path = calibrationPath(process.env);
  try {
    await keepCalibration(path, version, calibration);
    tell(`kept in ${path}; later runs show their figures beside it`);
  } catch (error) {
    tell(`WARN it cannot be kept in ${path}: ${errorMessage(error)}`);
  }
}
