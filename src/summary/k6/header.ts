import { createPalette } from '../terminal/palette.js';

/** What the header says of a run that is about to start. */
export interface HeaderView {
  /** Version of wsg. */
  readonly version: string;
  /** The script, or the built-in scenario's name. */
  readonly script: string;
  /** k6's outputs and the run file, `-` when there is none. */
  readonly output: string;
  /** Where the page with charts is, when there is one. */
  readonly dashboard?: string;
  /** `1 scenario, 100 max VUs, 1m0s max duration (incl. graceful stop)`. */
  readonly headline: string;
  /** One line a scenario: `default: 100 looping VUs for 30s (gracefulStop: 30s)`. */
  readonly scenarios: readonly string[];
  /** What random values follow from: `--seed` with it draws the same ones again. */
  readonly seed: number;
  /** Load threads; told when there are several. */
  readonly threads?: number;
  /** The part of the plan that runs here, 0 to 1; all of it by default. */
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
 * Banner and plan in k6's form, from the blank line before to the blank line after, ending in a
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
