import { formatGoDuration } from '../../core/duration.js';
import { createPalette, type Palette } from '../terminal/palette.js';
import { padRight, textWidth } from '../terminal/text-width.js';

/** The parts of a scenario's plan that its line needs. */
export interface ProgressPlan {
  readonly name: string;
  /** Maximum number of virtual users. */
  readonly maxVus: number;
  /**
   * The time during which iterations start, and the maximum time until the scenario ends, both from
   * the start of the run.
   */
  readonly startingMs: number;
  readonly maxMs: number;
  readonly load:
    | { readonly kind: 'looping' | 'ramping' }
    | { readonly kind: 'shared-iterations'; readonly iterations: number }
    | { readonly kind: 'per-vu-iterations'; readonly iterations: number; readonly perVu: number }
    | { readonly kind: 'arrivals'; readonly mostPerSecond: number };
}

/** State of a scenario at one moment. */
export interface ProgressScenario {
  readonly plan: ProgressPlan;
  readonly state: 'waiting' | 'running' | 'stopping' | 'interrupted' | 'done';
  readonly elapsedMs: number;
  /** 0 to 1. */
  readonly fraction: number;
  readonly completeIterations: number;
  readonly activeVus: number;
  readonly allocatedVus: number;
  /** Current rate; only for arrival rates. */
  readonly perSecond?: number;
}

/** State of a run at one moment, such as the load generator's own progress. */
export interface ProgressView {
  readonly elapsedMs: number;
  readonly activeVus: number;
  readonly initialisedVus: number;
  readonly completeIterations: number;
  readonly interruptedIterations: number;
  readonly scenarios: readonly ProgressScenario[];
}

export interface ProgressOptions {
  readonly colour: boolean;
  /** Width of the terminal; undefined without one, which gives percentages instead of bars. */
  readonly columns?: number;
}

const RUNES = { waiting: '•', running: ' ', stopping: '↓', interrupted: '✗', done: '✓' } as const;
const BAR_WIDTH = 40;
const SMALLEST_BAR = 8;
const LONGEST_NAME = 30;

/**
 * Renders k6's progress: the status line, then a line for each scenario, without blank lines and
 * newlines around them.
 */
export function renderProgress(view: ProgressView, options: ProgressOptions): string[] {
  const palette = createPalette(options.colour);
  const nameWidth = Math.max(0, ...view.scenarios.map((scenario) => textWidth(shortName(scenario.plan.name))));
  return [
    statusLine(view),
    ...view.scenarios.map((scenario) => scenarioLine(scenario, nameWidth, options.columns, palette)),
  ];
}

/**
 * Formats the elapsed time with the width of the longest: `01.0s` of 34s, `0m01.0s` of 1m,
 * `1h02m03.4s` of 2h.
 */
export function formatElapsed(elapsedMs: number, maxMs: number): string {
  const tenths = Math.round(Math.max(0, elapsedMs) / 100);
  const largest = Math.max(Math.round(maxMs / 100), tenths);
  const seconds = ((tenths % 600) / 10).toFixed(1);
  if (largest < 600) return `${seconds.padStart(String(Math.floor(largest / 10)).length + 2, '0')}s`;
  const minutes = Math.floor(tenths / 600);
  const most = Math.floor(largest / 600);
  const secondsText = `${seconds.padStart(4, '0')}s`;
  if (most < 60) return `${padNumber(minutes, most)}m${secondsText}`;
  return `${padNumber(Math.floor(minutes / 60), Math.floor(most / 60))}h${padNumber(minutes % 60, 10)}m${secondsText}`;
}

function statusLine(view: ProgressView): string {
  const maxMs = Math.max(0, ...view.scenarios.map(({ plan }) => plan.maxMs));
  const maxVus = view.scenarios.reduce((sum, { plan }) => sum + plan.maxVus, 0);
  const vus = `${padNumber(view.activeVus, maxVus)}/${padNumber(view.initialisedVus, maxVus)} VUs`;
  return (
    `running (${formatElapsed(view.elapsedMs, maxMs)}), ${vus}, ` +
    `${view.completeIterations} complete and ${view.interruptedIterations} interrupted iterations`
  );
}

function scenarioLine(
  scenario: ProgressScenario,
  nameWidth: number,
  columns: number | undefined,
  palette: Palette,
): string {
  const left = `${padRight(shortName(scenario.plan.name), nameWidth)} ${RUNES[scenario.state]} `;
  const right = rightColumns(scenario);
  const room = columns === undefined ? 0 : Math.min(BAR_WIDTH, columns - textWidth(left) - textWidth(right) - 1);
  return `${left}[${bar(scenario.fraction, room)}] ${colourOf(scenario, palette)(right)}`;
}

function bar(fraction: number, width: number): string {
  const share = Math.min(Math.max(fraction, 0), 1);
  if (width < SMALLEST_BAR) return ` ${String(Math.floor(share * 100)).padStart(3)}% `;
  const inner = width - 2;
  const filled = Math.floor(inner * share);
  if (filled === inner) return '='.repeat(inner);
  const done = filled === 0 ? '' : `${'='.repeat(filled - 1)}>`;
  return done + '-'.repeat(inner - filled);
}

function rightColumns({ plan, state, elapsedMs, completeIterations, ...now }: ProgressScenario): string {
  const { load, maxVus, startingMs } = plan;
  const duration = formatGoDuration(startingMs);
  const elapsed = formatElapsed(Math.min(elapsedMs, startingMs), startingMs);
  const isTimeUp = state === 'stopping' || state === 'done';
  const time = isTimeUp ? duration : `${elapsed}/${duration}`;
  switch (load.kind) {
    case 'looping':
      return `${maxVus} VUs  ${time}`;
    case 'ramping': {
      // Only this executor pads its total time to the digits of the elapsed time.
      const rampTime = isTimeUp ? duration : `${elapsed}/${formatElapsed(startingMs, startingMs)}`;
      return `${padNumber(now.activeVus, maxVus)}/${maxVus} VUs  ${rampTime}`;
    }
    case 'shared-iterations': {
      const done = `${padNumber(completeIterations, load.iterations)}/${load.iterations}`;
      return `${maxVus} VUs  ${elapsed}/${duration}  ${done} shared iters`;
    }
    case 'per-vu-iterations': {
      const done = `${padNumber(completeIterations, load.iterations)}/${load.iterations}`;
      return `${maxVus} VUs  ${elapsed}/${duration}  ${done} iters, ${load.perVu} per VU`;
    }
    case 'arrivals': {
      const vus = `${padNumber(now.activeVus, maxVus)}/${padNumber(now.allocatedVus, maxVus)} VUs`;
      const width = load.mostPerSecond.toFixed(2).length;
      return `${vus}  ${time}  ${(now.perSecond ?? 0).toFixed(2).padStart(width, '0')} iters/s`;
    }
  }
}

function colourOf(scenario: ProgressScenario, palette: Palette): (text: string) => string {
  switch (scenario.state) {
    case 'done':
      return palette.pass;
    case 'interrupted':
      return palette.fail;
    case 'waiting':
    case 'running':
    case 'stopping':
      return palette.value;
  }
}

function shortName(name: string): string {
  const letters = Array.from(name);
  return letters.length <= LONGEST_NAME ? name : `${letters.slice(0, LONGEST_NAME - 3).join('')}...`;
}

/** Pads a number to the digits of the largest one. */
function padNumber(value: number, largest: number): string {
  return String(value).padStart(String(largest).length, '0');
}
