import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WsgError } from '../../core/error.js';
import { runComparison } from './compare-session.js';
import type { CompareFlags } from './compare-flags.js';
import { EXIT_CODE, type ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { onStopSignal } from '../signals.js';
import { TestedServer } from './tested-server.js';

const ENTRY = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));
/** Number of attempts for a run whose generator was the bottleneck. */
const TRIES = 3;
const READY_MS = 60_000;

type Side = 'base' | 'head';

/** `wsg report ci` as requested on the command line. */
export interface ReportCiInvocation {
  readonly flags: CompareFlags & {
    readonly base: string;
    readonly head: string;
    readonly start: string;
    readonly url: string;
    readonly runs: number;
    readonly dir: string;
    readonly json: boolean;
    readonly output: readonly string[] | undefined;
  };
  /** Arguments for `wsg loadtest`. */
  readonly loadArgs: readonly string[];
  readonly output: Output;
}

/**
 * Loads both sides in turn, so that other activity on the machine affects both, and compares them.
 */
export async function runReportCi(invocation: ReportCiInvocation): Promise<ExitCode> {
  refuseUnfit(invocation);
  const session = new ReportCi(invocation);
  const stopListening = onStopSignal(() => session.stop());
  try {
    return await session.run();
  } finally {
    stopListening();
  }
}

function refuseUnfit({ flags, loadArgs }: ReportCiInvocation): void {
  if (flags.baseline !== undefined || flags.against !== undefined || flags.at !== undefined)
    throw new WsgError(
      'usage',
      '--baseline, --against and --at cannot be used with report ci: it loads the base itself.',
    );
  if (!URL.canParse(flags.url))
    throw new WsgError('usage', `--url must be an address such as ws://127.0.0.1:8080/ (got '${flags.url}').`);
  const owned = loadArgs.filter((arg) => /^--(run|url|no-run|spawn-gateway|spawn-echo)(=|$)/.test(arg));
  if (owned.length > 0)
    throw new WsgError('usage', `${owned.join(', ')} cannot be used after --: report ci sets it for each run.`);
}

/** Removes only the runs of an earlier call from the folder. */
async function removeRuns(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names)
    if (/^(base|head)-\d+(-\d+)?\.run$/.test(name)) await rm(join(folder, name), { force: true });
}

class ReportCi {
  readonly #invocation: ReportCiInvocation;
  #server: TestedServer | undefined;
  #isStopped = false;

  constructor(invocation: ReportCiInvocation) {
    this.#invocation = invocation;
  }

  async run(): Promise<ExitCode> {
    const { flags, output } = this.#invocation;
    await mkdir(flags.dir, { recursive: true });
    await removeRuns(flags.dir);
    const paths: Record<Side, string[]> = { base: [], head: [] };
    for (let turn = 1; turn <= flags.runs; turn += 1) {
      for (const side of ['base', 'head'] as const) {
        if (this.#isStopped) return EXIT_CODE.stoppedBySignal;
        output.stderr.write(`run ${turn} of ${flags.runs}: ${side}\n`);
        const run = await this.#loadSide(side, turn);
        if (typeof run === 'number') return this.#isStopped ? EXIT_CODE.stoppedBySignal : run;
        paths[side].push(run);
      }
    }
    return runComparison({ runs: paths.head, flags: { ...flags, against: paths.base }, output });
  }

  /**
   * Stops after a signal. The current load test receives the same signal, from the terminal or
   * forwarded.
   */
  stop(): void {
    this.#isStopped = true;
    void this.#server?.stop();
  }

  /** The run file of a side, or the exit code of its load test if that failed. */
  async #loadSide(side: Side, turn: number): Promise<string | ExitCode> {
    const { flags } = this.#invocation;
    for (let attempt = 1; ; attempt += 1) {
      const path = join(flags.dir, `${side}-${turn}${attempt === 1 ? '' : `-${attempt}`}.run`);
      const options = { folder: flags[side], command: flags.start, url: flags.url, readyMs: READY_MS };
      this.#server = await TestedServer.start(options);
      const code = await this.#loadAndStop(path, side, this.#server);
      if (code === EXIT_CODE.ok) return path;
      // The comparison reports the saturated generator.
      if (code === EXIT_CODE.invalidRun && attempt === TRIES) return path;
      if (code !== EXIT_CODE.invalidRun) return this.#failed(side, code);
    }
  }

  async #loadAndStop(path: string, side: Side, server: TestedServer): Promise<number> {
    try {
      return await this.#load(path, side);
    } finally {
      await server.stop();
    }
  }

  #failed(side: Side, code: number): ExitCode {
    this.#invocation.output.stderr.write(
      `Error: the load test of the ${side} exited with ${code}, so there is no comparison.\n`,
    );
    return Object.values(EXIT_CODE).find((known) => known === code) ?? EXIT_CODE.internal;
  }

  async #load(path: string, side: Side): Promise<number> {
    const { flags, loadArgs } = this.#invocation;
    const args = ['loadtest', ...loadArgs, '--url', flags.url, '--run', path, '--label', `side=${side}`, '-q'];
    const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    const stopListening = onStopSignal((signal) => child.kill(signal));
    try {
      const [code]: unknown[] = await once(child, 'exit');
      return typeof code === 'number' ? code : EXIT_CODE.stoppedBySignal;
    } finally {
      stopListening();
    }
  }
}
