import { EXIT_CODE, type ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { reportError } from '../report-error.js';
import { endOnStop, endProcess, onStopSignal } from '../signals.js';
import { finishLoadtest } from './finish.js';
import { withVariables } from './flag-variables.js';
import { readLogOptions, warning } from './load-log.js';
import { printPlan } from './load-results.js';
import { LoadScreen } from './load-screen.js';
import { checkRoom, prepareLoadtest, unusedFlags } from './prepare.js';
import type { LoadtestFlags } from './run-flags.js';
import { LoadtestRun } from './run.js';

/** One `wsg loadtest` as it was typed. */
export interface LoadtestInvocation {
  readonly flags: LoadtestFlags;
  readonly args: readonly string[];
  readonly output: Output;
  /** wsg's version. */
  readonly version: string;
  /** Labels of the tested build. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Runs a load test from its options to its results, and resolves with the exit code: prepare, run,
 * finish. Options are checked before anything starts.
 */
export async function runLoadtest(typed: LoadtestInvocation): Promise<ExitCode> {
  const { output } = typed;
  const flags = withVariables(typed.flags, process.env);
  const json = flags.json === true;
  const screen = new LoadScreen({
    output,
    json,
    quiet: flags.quiet === true,
    noColor: flags['no-color'] === true,
    isLiveFull: flags.live === 'full',
    log: readLogOptions(flags, process.env),
  });
  const session = new LoadtestSession({ ...typed, flags }, screen);
  const stopListening = onStopSignal(() => session.stop(), { onSecond: () => session.cut() });
  try {
    return await session.run();
  } catch (error) {
    screen.clear();
    const showStack = process.env.DEBUG !== undefined;
    return reportError(error, output, { json, showStack, log: (line) => screen.logged(line) });
  } finally {
    stopListening();
    screen.close();
  }
}

/** The three parts of a load test, and what a signal does in each. */
class LoadtestSession {
  readonly #invocation: LoadtestInvocation;
  readonly #screen: LoadScreen;
  #run: LoadtestRun | undefined;
  #isStopped = false;

  constructor(invocation: LoadtestInvocation, screen: LoadScreen) {
    this.#invocation = invocation;
    this.#screen = screen;
  }

  async run(): Promise<ExitCode> {
    const { flags, args, output } = this.#invocation;
    const screen = this.#screen;
    const preparing = prepareLoadtest(flags, args, (line) => screen.logged(line));
    const prepared = await endOnStop(preparing, (text) => screen.logged(warning(text)));
    const { request, program } = prepared;
    const { plan, warnings } = request;
    if (request.outputs.some(({ takesStandardOutput }) => takesStandardOutput)) screen.leaveStandardOutput();
    if (flags.inspect === true) {
      printPlan(plan, { output, json: flags.json === true });
      return EXIT_CODE.ok;
    }
    const shortages = checkRoom(plan, flags['no-preflight'] === true);
    for (const text of [...warnings, ...shortages, ...unusedFlags(plan, flags)]) screen.logged(warning(text));
    this.#run = new LoadtestRun(prepared, this.#invocation, screen);
    if (this.#isStopped) this.#run.stop();
    const outcome = await this.#run.run();
    if (outcome === undefined) return EXIT_CODE.stoppedBySignal;
    return finishLoadtest(
      outcome,
      { flags, request, program },
      { output, logged: (line) => screen.logged(line), showEnd: () => screen.showEnd() },
    );
  }

  stop(): void {
    this.#isStopped = true;
    this.#run?.stop();
  }

  cut(): void {
    if (this.#run === undefined) endProcess(EXIT_CODE.interruptedTwice);
    this.#run.cut();
  }
}
