import { WsgError } from '../core/error.js';

/** Commands of k6 that `wsg loadtest` has; `wsg run script.js` is accepted, too. */
const TAKEN = ['run', 'inspect', 'new'];

const NO_REST = 'wsg has no REST API for runs';
const PLANNED =
  'Use the executors ramping-vus and ramping-arrival-rate to vary the load; Ctrl-C ends a run with its results.';
const WATCHED =
  'Use `wsg loadtest --live full` to watch a run in the terminal, `--dashboard HOST:PORT` to watch it in a browser.';
const HERE = '`wsg loadtest run SCRIPT` runs it locally; --execution-segment splits a plan between several machines.';

/** Commands of k6 that wsg does not have, with the reason and an alternative. */
const REFUSED: ReadonlyMap<string, readonly [why: string, instead: string]> = new Map([
  ['archive', ['wsg does not support archives', 'Keep the script with its files, and use `wsg loadtest run SCRIPT`.']],
  ['cloud', ['wsg has no cloud service', HERE]],
  ['login', ['wsg has no cloud service', HERE]],
  ['pause', [NO_REST, PLANNED]],
  ['resume', [NO_REST, PLANNED]],
  ['scale', [NO_REST, PLANNED]],
  ['stats', [NO_REST, WATCHED]],
  ['status', [NO_REST, WATCHED]],
  [
    'x',
    ['wsg does not support extensions of k6', '`wsg loadtest inspect SCRIPT` lists the modules that a script lacks.'],
  ],
  [
    'deps',
    ['wsg does not support extensions of k6', '`wsg loadtest inspect SCRIPT` lists the modules that a script lacks.'],
  ],
]);

/**
 * Rewrites commands of k6 that wsg has: `run script.js` becomes `loadtest run script.js`. Throws
 * `usage` for those that wsg does not have, with an alternative.
 */
export function takeK6Command(argv: readonly string[]): readonly string[] {
  const [first = '', ...rest] = argv;
  if (TAKEN.includes(first)) return ['loadtest', ...argv];
  const [word = ''] = first === 'loadtest' ? rest : argv;
  if (word === 'completion') return argv.slice(argv.indexOf(word));
  if (first === 'loadtest' && word === 'help') return ['loadtest', ...rest.slice(1), '--help'];
  const [why, hint] = REFUSED.get(word) ?? [];
  if (why !== undefined) throw new WsgError('usage', `${why}, so there is no command '${word}'.`, { hint });
  return argv;
}

/** Whether the command line only asks for the version. */
export function asksForVersion([first, second]: readonly string[]): boolean {
  return first === '--version' || first === 'version' || (first === 'loadtest' && second === 'version');
}
