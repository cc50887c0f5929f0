import { WsgError } from '../core/error.js';

/** Commands of k6 that are commands of `wsg loadtest`; `wsg run script.js` is taken, too. */
const TAKEN = ['run', 'inspect', 'new'];

const NO_REST = 'A run of wsg has no REST interface';
const PLANNED =
  'The executors ramping-vus and ramping-arrival-rate change a load by plan; Ctrl-C ends a run with its results.';
const WATCHED = '`wsg loadtest --live full` shows a run on its terminal, `--dashboard HOST:PORT` in a browser.';
const HERE = '`wsg loadtest run SCRIPT` runs it here; --execution-segment shares a plan between several machines.';

/** Commands of k6 that wsg does not have: why, and what to type instead. */
const REFUSED: ReadonlyMap<string, readonly [why: string, instead: string]> = new Map([
  [
    'archive',
    ['wsg makes no archives', 'Keep the script with its files; `wsg loadtest run SCRIPT` runs it from there.'],
  ],
  ['cloud', ['There is no cloud behind wsg', HERE]],
  ['login', ['There is no cloud behind wsg to log in to', HERE]],
  ['pause', [`${NO_REST} that could pause it`, PLANNED]],
  ['resume', [`${NO_REST} that could resume it`, PLANNED]],
  ['scale', [`${NO_REST} that could scale it`, PLANNED]],
  ['stats', [`${NO_REST} to ask`, WATCHED]],
  ['status', [`${NO_REST} to ask`, WATCHED]],
  ['x', ['wsg takes no extensions of k6', '`wsg loadtest inspect SCRIPT` names the modules that a script misses.']],
  ['deps', ['wsg takes no extensions of k6', '`wsg loadtest inspect SCRIPT` names the modules that a script misses.']],
]);

/**
 * The command line with a command of k6 where wsg has it: `run script.js` becomes `loadtest run
 * script.js`. Throws `usage` for those that wsg does not have, with what to type instead.
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

/** Whether the command line asks for the version alone. */
export function asksForVersion([first, second]: readonly string[]): boolean {
  return first === '--version' || first === 'version' || (first === 'loadtest' && second === 'version');
}
