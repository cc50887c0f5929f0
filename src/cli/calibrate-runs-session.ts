import { calibrateRuns, type FigureCalibration } from '../report/calibrate/calibrate-runs.js';
import { readGates } from '../report/index.js';
import { renderTable, tableWidth } from '../summary/index.js';
import type { Output } from './output.js';

interface CalibrationInvocation {
  readonly gates: readonly string[];
  readonly json: boolean;
  readonly output: Output;
}

/** Prints how much runs of one build differ by luck. */
export async function printCalibration(
  runs: readonly string[],
  { gates, json, output }: CalibrationInvocation,
): Promise<void> {
  const figures = await calibrateRuns(runs, readGates(gates, 'flag'));
  output.stdout.write(
    json ? `${JSON.stringify({ runs, figures })}\n` : calibrationText(runs, figures, output.stdout.columns),
  );
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)}%`;

function calibrationText(runs: readonly string[], figures: readonly FigureCalibration[], columns: number): string {
  const rows = figures.map(({ figure, spread, noise, budget, smallestFound }) => [
    figure,
    percent(spread),
    percent(noise),
    `+${percent(budget)}`,
    `+${percent(smallestFound)}`,
  ]);
  const head = ['figure', 'spread', '--noise', 'budget', 'found'];
  const table = renderTable(head, rows, ['left', 'right', 'right', 'right', 'right']);
  const lines = rows.map((row) => row.map((cell, column) => `${head[column]} ${cell}`).join(', '));
  return [
    `${runs.length} runs of one build`,
    tableWidth(table) <= columns ? table : lines.join('\n'),
    'spread: between the runs; --noise: for one run against one; budget: what an unchanged run holds against these as baselines;',
    'found: the smallest slowdown that such a gate finds in nine of ten cases',
    '',
  ].join('\n');
}
