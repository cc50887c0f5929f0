import { createInterface } from 'node:readline/promises';
import { systemClock } from '../../core/clock.js';
import { WsgError } from '../../core/error.js';
import {
  dropLetters,
  LetterStore,
  loadConfig,
  redeliverLetters,
  type LetterProgress,
  type Redelivered,
} from '../../gateway/index.js';
import { EXIT_CODE, type ExitCode } from '../exit-code.js';
import { LiveProgress } from '../live-progress.js';
import { isFiltered, letterFilter } from './outbox-flags.js';
import { letterFolder, selectedSinks, type OutboxInvocation } from './outbox-session.js';
import { printable } from './outbox-text.js';
import type { TextSink } from '../output.js';
import { onStopSignal } from '../signals.js';

/** Progress is shown after this time. */
const PROGRESS_AFTER_MS = 2_000;

/**
 * Sends letters again. Resolves to 0, to 15 when a sink is unavailable, or to 105 after a signal.
 */
export async function redeliver({ flags, output }: OutboxInvocation): Promise<ExitCode> {
  const { config } = loadConfig({ path: flags.config, cwd: process.cwd(), env: process.env });
  const dir = letterFolder(flags);
  const sinks = await selectedSinks(new LetterStore(dir), flags);
  const stop = new AbortController();
  const progress = new Progress(output.stderr);
  const stopListening = onStopSignal(() => stop.abort());
  const results: ({ readonly sink: string } & Redelivered)[] = [];
  try {
    for (const sink of sinks) {
      if (stop.signal.aborted) break;
      const work = { dir, sink, filter: letterFilter(flags), clock: systemClock, signal: stop.signal };
      results.push({ sink, ...(await redeliverLetters(config, { ...work, onProgress: progress.show(sink) })) });
    }
  } finally {
    stopListening();
    progress.end();
  }
  const isAway = results.some(({ away }) => away !== undefined);
  const exitCode = stop.signal.aborted ? EXIT_CODE.stoppedBySignal : isAway ? EXIT_CODE.cannotStart : EXIT_CODE.ok;
  if (flags.json) output.stdout.write(`${JSON.stringify({ dir, interrupted: stop.signal.aborted, sinks: results })}\n`);
  else output.stdout.write(redeliveredText(dir, results, stop.signal.aborted));
  return exitCode;
}

/** Removes letters for good, after a question. Throws `usage` when no letters are selected. */
export async function drop(
  { flags, output }: OutboxInvocation,
  { all, yes }: { readonly all: boolean; readonly yes: boolean },
): Promise<void> {
  if (isFiltered(flags) === all) {
    const which = all ? '--all cannot be combined with a filter.' : 'No dead letters are selected.';
    throw new WsgError('usage', which, {
      hint: 'Select some with --sink, --reason, --since, --until or --id, or all with --all.',
    });
  }
  const dir = letterFolder(flags);
  const store = new LetterStore(dir);
  const sinks = await selectedSinks(store, flags);
  if (!yes) await confirm(await countLetters({ flags, output }, store, sinks), dir);
  const results: { sink: string; dropped: number }[] = [];
  const progress = new Progress(output.stderr);
  const stop = new AbortController();
  const stopListening = onStopSignal(() => stop.abort());
  try {
    for (const sink of sinks) {
      const work = { dir, sink, filter: letterFilter(flags), signal: stop.signal };
      const dropped = await dropLetters({ ...work, takesUnreadable: all, onProgress: progress.show(sink) });
      results.push({ sink, dropped });
    }
  } finally {
    stopListening();
    progress.end();
  }
  if (stop.signal.aborted) process.exitCode = EXIT_CODE.stoppedBySignal;
  const total = results.reduce((sum, { dropped }) => sum + dropped, 0);
  output.stdout.write(
    flags.json ? `${JSON.stringify({ dir, dropped: total, sinks: results })}\n` : `${total} dropped\n`,
  );
}

async function countLetters(
  { flags }: OutboxInvocation,
  store: LetterStore,
  sinks: readonly string[],
): Promise<number> {
  let letters = 0;
  for (const sink of sinks) {
    for await (const { letter } of store.letters(sink, letterFilter(flags))) if (letter !== undefined) letters++;
  }
  return letters;
}

async function confirm(letters: number, dir: string): Promise<void> {
  if (letters === 0) return;
  if (process.stdin.isTTY !== true) {
    throw new WsgError(
      'usage',
      `${letters} dead letters in ${dir} would be removed for good, and there is no terminal to ask for confirmation.`,
      {
        hint: 'Use --yes to remove them without a question.',
      },
    );
  }
  const question = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await question.question(`Remove ${letters} dead letters in ${dir} for good? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new WsgError('usage', 'Nothing was dropped.');
  } finally {
    question.close();
  }
}

/** Shows the progress of work that takes more than two seconds. */
class Progress {
  readonly #live: LiveProgress;
  readonly #startedAt = systemClock.now();

  constructor(sink: TextSink) {
    this.#live = new LiveProgress(sink);
  }

  show(sink: string): (progress: LetterProgress) => void {
    return ({ bytes, totalBytes, letters }) => {
      const elapsedMs = systemClock.now() - this.#startedAt;
      if (elapsedMs < PROGRESS_AFTER_MS) return;
      const share = totalBytes === 0 ? 100 : Math.min(100, Math.floor((100 * bytes) / totalBytes));
      this.#live.show(elapsedMs, () => [`${sink}: ${letters} letters, ${share} % of the files`]);
    };
  }

  end(): void {
    this.#live.erase();
  }
}

function redeliveredText(
  dir: string,
  results: readonly ({ readonly sink: string } & Redelivered)[],
  interrupted: boolean,
): string {
  if (results.length === 0 && !interrupted) return `no dead letters in ${dir}\n`;
  const lines = results.map(({ sink, delivered, refused, away }) => {
    const what = delivered === 0 ? 'it is unavailable' : 'the others were not delivered';
    const why = away === undefined ? '' : `; ${what}: ${printable(away)}`;
    return `${sink}: ${delivered} delivered, ${refused} refused again${why}\n`;
  });
  const rest = interrupted ? 'interrupted: the other letters were not changed\n' : '';
  return lines.join('') + rest;
}
