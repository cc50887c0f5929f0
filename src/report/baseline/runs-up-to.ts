import { WsgError } from '../../core/error.js';
import { readHeader } from '../../run-file/index.js';

/** Least number of digits of an abbreviated commit hash. */
const LEAST_DIGITS = 7;
const MOST_NAMED = 5;

interface Dated {
  readonly path: string;
  readonly startedAt: string;
  readonly commit: string | undefined;
}

/**
 * The runs up to the newest one of a commit, ordered by start time: the baseline as of a merge
 * base. Of several commits, the first one that has a run counts, so the list may contain commits
 * that were never tested. Throws `usage` if none has a run.
 */
export async function runsUpTo(paths: readonly string[], commits: readonly string[]): Promise<readonly string[]> {
  const short = commits.filter((commit) => commit.length < LEAST_DIGITS);
  if (commits.length === 0 || short.length > 0) {
    throw new WsgError(
      'usage',
      `'${short[0] ?? ''}' of --at must be the hash of a commit, with at least ${LEAST_DIGITS} digits.`,
      {
        hint: 'Such as --at "$(git merge-base HEAD origin/main)".',
      },
    );
  }
  const runs = await datedRuns(paths);
  const found = upToCommit(runs, commits);
  if (found !== undefined) return found.map(({ path }) => path);
  const known = [...new Set(runs.flatMap((run) => run.commit ?? []))].slice(-MOST_NAMED);
  throw new WsgError('usage', `No baseline run has the commit ${commits.join(', ')} of --at.`, {
    hint:
      known.length === 0
        ? 'Runs get their commit from --label commit=HASH, or from the environment of the CI.'
        : `The newest runs have ${known.join(', ')}. Several commits may be given, the nearest first: --at "$(git rev-list --max-count=50 BASE)".`,
  });
}

/**
 * Selects, from runs ordered by start time, those up to the newest run of the first commit that has
 * any; undefined if none has.
 */
export function upToCommit<R extends Pick<Dated, 'commit'>>(
  runs: readonly R[],
  commits: readonly string[],
): readonly R[] | undefined {
  for (const commit of commits) {
    const last = runs.findLastIndex((run) => run.commit !== undefined && isSame(run.commit, commit));
    if (last >= 0) return runs.slice(0, last + 1);
  }
  return undefined;
}

/** Runs that cannot be read are skipped here; the comparison reports why they are left out. */
async function datedRuns(paths: readonly string[]): Promise<readonly Dated[]> {
  const runs: Dated[] = [];
  for (const path of paths) {
    try {
      const { startedAt, labels = {} } = await readHeader(path);
      runs.push({ path, startedAt, commit: labels['commit'] });
    } catch (error) {
      if (!(error instanceof WsgError)) throw error;
    }
  }
  return runs.toSorted((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
}

function isSame(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length >= LEAST_DIGITS && long.toLowerCase().startsWith(short.toLowerCase());
}
