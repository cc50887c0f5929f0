import { readGates, type Comparison } from '../report/index.js';
import { selftestRun, type Selftest } from '../report/selftest/selftest-run.js';
import { EXIT_CODE, type ExitCode } from './exit-code.js';
import type { Output } from './output.js';

interface SelftestInvocation {
  readonly gates: readonly string[];
  readonly json: boolean;
  readonly output: Output;
}

/** How much slower the copy is: well beyond a budget of 10 % and noise of 5 %. */
const FACTOR = 1.3;

/** Shows that the gates of a run find a slowdown and do not cry wolf; ends with 12 when they cannot be trusted. */
export async function runSelftest(run: string, { gates, json, output }: SelftestInvocation): Promise<ExitCode> {
  const result = await selftestRun(run, readGates(gates, 'flag'), FACTOR);
  output.stdout.write(json ? `${JSON.stringify(result)}\n` : selftestText(result));
  return result.holds ? EXIT_CODE.ok : EXIT_CODE.inconclusive;
}

function selftestText({ factor, slowed, halves, holds }: Selftest): string {
  return [
    `a copy with all times ${((factor - 1) * 100).toFixed(0)}% longer: ${slowed.verdict}`,
    ...gateLines(slowed),
    `the second half of the run against the first: ${halves.verdict}`,
    ...gateLines(halves),
    holds
      ? 'the gates find the slowdown, and do not cry wolf'
      : 'these gates cannot be trusted with runs like this one: make it longer, or give it more samples',
    '',
  ].join('\n');
}

function gateLines({ gates }: Comparison): readonly string[] {
  return gates.map(({ gate, verdict, reasons }) => `  ${gate.text}: ${[verdict, ...reasons].join('; ')}`);
}
