// How often `wsg report trend` finds a step that is there, where, and how often one that is not:
// seeded series of runs with known truth.
//   npm run bench -- verdicts-trend
import { SeededRandom } from '../../dist/core/seeded-random.js';
import { findChangePoints } from '../../dist/report/trend/e-divisive.js';

const SERIES = 400;
/**
 * Largest accepted share of false alarms for series of independent runs without a step; exits with
 * 1 above it.
 */
const MOST_FALSE = 0.05;
const CELLS = [10, 12, 24, 48].flatMap((runs) => [
  // Neighbouring runs are alike: a busy day, a warm machine.
  ...[0.3, 0.5, 0.7].map((correlation) => ({ runs, step: 0, after: 0, correlation })),
  { runs, step: 0, after: 0 },
  { runs, step: 2, after: Math.floor(runs / 2) },
  { runs, step: 3, after: Math.floor(runs / 2) },
  { runs, step: 3, after: 4 },
  { runs, step: 5, after: 4 },
  { runs, step: 5, after: 3 },
  { runs, step: 5, after: 4, correlation: 0.5 },
]);

/** A normal value with a spread of 1: the sum of twelve even draws. */
function normal(draws) {
  let sum = -6;
  for (let draw = 0; draw < 12; draw += 1) sum += draws.below(1_000_000) / 1_000_000;
  return sum;
}

/** A first-order autoregression with a spread of 1. */
function drawSeries(draws, { runs, step, after, correlation = 0 }) {
  let level = normal(draws);
  return Array.from({ length: runs }, (_, run) => {
    if (run > 0) level = correlation * level + Math.sqrt(1 - correlation ** 2) * normal(draws);
    return level + (run >= runs - after ? step : 0);
  });
}

function judge(cell, index) {
  const { runs, after } = cell;
  let [none, right, near] = [0, 0, 0];
  for (let series = 0; series < SERIES; series += 1) {
    const values = drawSeries(new SeededRandom(index * 100_000 + series), cell);
    const points = findChangePoints(values, series).map((point) => point.index);
    if (points.length === 0) none += 1;
    if (points.includes(runs - after)) right += 1;
    if (points.some((at) => Math.abs(at - (runs - after)) <= 1)) near += 1;
  }
  return { none, right, near };
}

const percent = (count) => `${((count / SERIES) * 100).toFixed(1)} %`;

console.log(
  '| runs | autocorrelation | step, in spreads between runs | runs behind it | a step named | at the right run | or beside it |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- |');
CELLS.forEach((cell, index) => {
  const { none, right, near } = judge(cell, index);
  const named = percent(SERIES - none);
  const isQuiet = cell.step === 0;
  const { runs, correlation = 0, step, after } = cell;
  if (isQuiet && correlation === 0 && none < SERIES * (1 - MOST_FALSE)) process.exitCode = 1;
  const told = isQuiet
    ? ['none', '', `${named} (false alarms)`, '', '']
    : [step, after, named, percent(right), percent(near)];
  console.log(`| ${[runs, correlation, ...told].join(' | ')} |`);
});
