/** One of `count` equal parts of a plan, each of which a process of its own runs. */
export interface PlanShard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** The variable with the number of a pod of an Indexed Job, from 0 (Kubernetes docs, "Jobs"). */
const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';
const FORM = /^(?<index>\d{1,9}|auto)\/(?<count>\d{1,9})$/;
const MOST_SHARDS = 10_000;

/**
 * Parses `--shard`: `2/4` is the second of four, `auto/4` takes its number from the environment of
 * a Kubernetes Job. Returns the problem as a sentence if it is invalid.
 */
export function parseShard(
  text: string,
  environment: Readonly<NodeJS.ProcessEnv>,
): PlanShard | { readonly problem: string } {
  const { index: indexText, count: countText } = FORM.exec(text.trim())?.groups ?? {};
  if (indexText === undefined) return { problem: `'${text}' must be a shard and their number, such as 2/4 or auto/4` };
  const count = Number(countText);
  if (count < 1 || count > MOST_SHARDS)
    return { problem: `'${text}': the number of shards must be from 1 to ${MOST_SHARDS}` };
  if (indexText !== 'auto') return shardOf(text, { index: Number(indexText), count });
  const number = indexOfJob(environment);
  if (number === undefined) return { problem: withoutIndex(text, environment) };
  return shardOf(text, { index: number + 1, count }, ` (${INDEX_VARIABLE} is ${number}, counted from 0)`);
}

function shardOf(text: string, shard: PlanShard, from = ''): PlanShard | { readonly problem: string } {
  const { index, count } = shard;
  if (index >= 1 && index <= count) return shard;
  return { problem: `'${text}': the shard must be from 1 to ${count} (got ${index})${from}` };
}

function withoutIndex(text: string, environment: Readonly<NodeJS.ProcessEnv>): string {
  return (
    `'${text}' needs ${INDEX_VARIABLE} (got '${environment[INDEX_VARIABLE] ?? ''}'): ` +
    'Kubernetes sets it in Jobs with completionMode Indexed; elsewhere give the number, such as 1/4'
  );
}

function indexOfJob(environment: Readonly<NodeJS.ProcessEnv>): number | undefined {
  const text = environment[INDEX_VARIABLE] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
