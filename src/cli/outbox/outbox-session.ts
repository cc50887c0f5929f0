import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WsgError } from '../../core/error.js';
import { type FoundLetter, LetterStore, loadConfig } from '../../gateway/index.js';
import { renderTable } from '../../summary/index.js';
import { letterFilter, type OutboxFlags } from './outbox-flags.js';
import { letterLine, letterRecord, letterText, printable } from './outbox-text.js';
import type { Output } from '../output.js';

/** Flags and output of a command. */
export interface OutboxInvocation {
  readonly flags: OutboxFlags;
  readonly output: Output;
}

/** Summary of one sink's letters. */
interface SinkSummary {
  readonly sink: string;
  letters: number;
  bytes: number;
  unreadable: number;
  oldest: string | undefined;
  newest: string | undefined;
  readonly reasons: Map<string, number>;
}

/** Most different reasons that are counted one by one: reasons may contain values. */
const MAX_REASONS = 20;
const OTHER_REASONS = '(other reasons)';

/** Folder of dead letters, from `--dir` or the configuration. */
export function letterFolder({ config, dir }: OutboxFlags): string {
  if (dir === undefined) {
    return loadConfig({ path: config, cwd: process.cwd(), env: process.env }).config.outbox.deadLetterDir;
  }
  const folder = resolve(dir);
  if (!existsSync(folder)) {
    throw new WsgError('usage', `--dir: the folder ${folder} does not exist.`, {
      hint: "Give the gateway's outbox.dir or outbox.dead_letter_dir.",
    });
  }
  // The folder of the outbox contains that of the dead letters.
  const within = join(folder, 'dead-letters');
  return existsSync(within) ? within : folder;
}

/** Sinks that have letters and are selected by the flags. */
export async function selectedSinks(store: LetterStore, { sink }: OutboxFlags): Promise<string[]> {
  return (await store.sinks()).filter((name) => sink === undefined || sink.includes(name));
}

/** Letters that are selected by the flags, with their sinks. */
async function* selectedLetters(dir: string, flags: OutboxFlags): AsyncGenerator<FoundLetter> {
  const store = new LetterStore(dir);
  const filter = letterFilter(flags);
  for (const sink of await selectedSinks(store, flags)) yield* store.letters(sink, filter);
}

/** Prints the number of dead letters for each sink and reason, and the first of them. */
export async function listLetters({
  flags,
  output,
  limit,
}: OutboxInvocation & { readonly limit: number }): Promise<void> {
  const dir = letterFolder(flags);
  const summaries = new Map<string, SinkSummary>();
  const first: FoundLetter[] = [];
  for await (const found of selectedLetters(dir, flags)) {
    const summary = summaries.get(found.sink) ?? emptySummary(found.sink);
    summaries.set(found.sink, summary);
    addTo(summary, found);
    if (found.letter !== undefined && first.length < limit) first.push(found);
  }
  const all = Array.from(summaries.values());
  if (flags.json)
    output.stdout.write(`${JSON.stringify({ dir, sinks: all.map(summaryRecord), list: first.map(letterRecord) })}\n`);
  else output.stdout.write(listText(dir, all, first));
}

/** Prints letters with all fields. Throws `usage` when none is selected. */
export async function showLetters({
  flags,
  output,
  limit,
}: OutboxInvocation & { readonly limit: number }): Promise<void> {
  const dir = letterFolder(flags);
  const shown: FoundLetter[] = [];
  let more = 0;
  for await (const found of selectedLetters(dir, flags)) {
    if (found.letter === undefined) continue;
    if (shown.length < limit) shown.push(found);
    else more++;
  }
  if (shown.length === 0)
    throw new WsgError('usage', `No dead letter in ${dir} matches.`, {
      hint: 'Run `wsg outbox list` to see all letters.',
    });
  if (flags.json) {
    output.stdout.write(`${JSON.stringify({ dir, letters: shown.map(letterRecord), more })}\n`);
    return;
  }
  output.stdout.write(shown.map(letterText).join('\n'));
  if (more > 0) output.stderr.write(`${more} more; --limit shows them\n`);
}

function emptySummary(sink: string): SinkSummary {
  return { sink, letters: 0, bytes: 0, unreadable: 0, oldest: undefined, newest: undefined, reasons: new Map() };
}

function addTo(summary: SinkSummary, { letter, bytes }: FoundLetter): void {
  if (letter === undefined) {
    summary.unreadable++;
    return;
  }
  const { time, reason } = letter;
  summary.letters++;
  summary.bytes += bytes;
  if (summary.oldest === undefined || time < summary.oldest) summary.oldest = time;
  if (summary.newest === undefined || time > summary.newest) summary.newest = time;
  const { reasons } = summary;
  const key = reasons.has(reason) || reasons.size < MAX_REASONS ? reason : OTHER_REASONS;
  reasons.set(key, (reasons.get(key) ?? 0) + 1);
}

function summaryRecord({ sink, letters, bytes, unreadable, oldest, newest, reasons }: SinkSummary): object {
  const counts = Array.from(reasons, ([reason, count]) => ({ reason, letters: count }));
  return { sink, letters, bytes, unreadable, oldest: oldest ?? null, newest: newest ?? null, reasons: counts };
}

function listText(dir: string, summaries: readonly SinkSummary[], first: readonly FoundLetter[]): string {
  const letters = summaries.reduce((sum, summary) => sum + summary.letters, 0);
  const unreadable = summaries.reduce((sum, summary) => sum + summary.unreadable, 0);
  const broken =
    unreadable === 0
      ? ''
      : `${unreadable} lines in ${dir} are not dead letters; \`wsg outbox drop --all\` removes them too\n`;
  if (letters === 0) return `no dead letters in ${dir}\n${broken}`;
  const rows = summaries.flatMap(({ sink, oldest, newest, reasons }) =>
    Array.from(reasons, ([reason, count]) => [sink, String(count), printable(reason), oldest ?? '', newest ?? '']),
  );
  const table = renderTable(['sink', 'letters', 'reason', 'oldest of the sink', 'newest'], rows, [
    'left',
    'right',
    'left',
    'left',
    'left',
  ]);
  const more = letters > first.length ? `${letters - first.length} more\n` : '';
  return `${table}\n${first.map(letterLine).join('')}${more}${broken}`;
}
