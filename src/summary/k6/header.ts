import { createPalette } from '../terminal/palette.js';

/** Contents of the header of a run that is about to start. */
export interface HeaderView {
  /** Version of wsg. */
  readonly version: string;
  /** The script, or the built-in scenario's name. */
  readonly script: string;
  /** k6's outputs and the run file, `-` if there is none. */
  readonly output: string;
  /** Address of the page with charts, if there is one. */
  readonly dashboard?: string;
  /** `1 scenario, 100 max VUs, 1m0s max duration (incl. graceful stop)`. */
  readonly headline: string;
  /** One line per scenario: `default: 100 looping VUs for 30s (gracefulStop: 30s)`. */
  readonly scenarios: readonly string[];
  /** Seed of random values: `--seed` with this value repeats them. */
  readonly seed: number;
  /** Number of load threads; shown if there are several. */
  readonly threads?: number;
  /** The share of the plan that runs here, 0 to 1. Default: 1. */
  readonly segmentShare?: number;
}

const BANNER = [
  String.raw`          __      _____  __ _ `,
  String.raw`          \ \ /\ / / __|/ _' |`,
  String.raw`           \ V  V /\__ \ (_| |`,
  String.raw`            \_/\_/ |___/\__, |`,
  String.raw`                        |___/ `,
] as const;

/**
 * Renders banner and plan as k6 does, including the blank lines before and after. Ends with a
 * newline.
 */
export function renderHeader(view: HeaderView, options: { readonly colour: boolean }): string {
  const palette = createPalette(options.colour);
  const [first = '', ...rest] = view.scenarios;
  const banner = BANNER.map((line, index) => {
    const text = index === BANNER.length - 1 ? `${line} wsg ${view.version}` : line.trimEnd();
    return palette.value(text);
  });
  const share = `(${((view.segmentShare ?? 1) * 100).toFixed(2)}%)`;
  const field = (name: string, value: string): string => `${name.padStart(14)}: ${palette.value(value)}`;
  return [
    '',
    ...banner,
    '',
    '',
    field('execution', 'local'),
    field('script', view.script),
    ...(view.threads === undefined || view.threads < 2 ? [] : [field('threads', String(view.threads))]),
    field('seed', String(view.seed)),
    ...(view.dashboard === undefined ? [] : [field('web dashboard', view.dashboard)]),
    field('output', view.output),
    '',
    `${'scenarios'.padStart(14)}: ${palette.value(`${share} ${view.headline}:`)}`,
    ...[first, ...rest].map((line) => `${' '.repeat(14)}* ${line}`),
    '',
    '',
  ].join('\n');
}
