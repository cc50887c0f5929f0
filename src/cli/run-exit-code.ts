import type { Run } from '../run-file/records.js';
import { EXIT_CODE, strongestExitCode, type ExitCode } from './exit-code.js';

/** The parts of a run that decide its exit code. */
type EndedRun = Pick<Run, 'thresholds' | 'end'>;

/** The exit code that follows from the run alone. */
export function exitCodeOfRun(run: EndedRun, allowSaturated: boolean): ExitCode {
  const isInvalid = run.end.invalid !== undefined;
  const isSaturated = run.end.health.verdict === 'saturated' && !allowSaturated;
  const isCrossed = run.thresholds.some(({ ok }) => !ok);
  return strongestExitCode([
    ofReason(run),
    isCrossed ? EXIT_CODE.thresholdsCrossed : EXIT_CODE.ok,
    isSaturated || isInvalid ? EXIT_CODE.invalidRun : EXIT_CODE.ok,
  ]);
}

function ofReason(run: EndedRun): ExitCode {
  switch (run.end.reason) {
    case 'finished':
      return EXIT_CODE.ok;
    case 'stopped-by-signal':
      return EXIT_CODE.stoppedBySignal;
    case 'thresholds-crossed':
      return EXIT_CODE.thresholdsCrossed;
    case 'aborted-by-script':
      return EXIT_CODE.scriptAborted;
    case 'cut-by-signal':
      return EXIT_CODE.interruptedTwice;
    case 'failed':
      return EXIT_CODE.internal;
  }
}
