// How often `wsg report trend` finds a step that is there, where, and how often one that is not: seeded series of runs with known truth.
//   npm run verdicts:trend
import { SeededDraws } from '../../dist/report/compare/seeded-draws.js';
import { findChangePoints } from '../../dist/report/trend/e-divisive.js';

const SERIES = 400;
const CELLS = [10, 12, 24, 48].flatMap((runs) => [
  { runs, step: 0, after: 0 },
  { runs, step: 2, after: Math.floor(runs / 2) },
  { runs, step: 3, after: Math.floor(runs / 2) },
  { runs, step: 3, after: 4 },
  { runs, step: 5, after: 4 },
  { runs, step: 5, after: 3 },
]);

/** A normal value with a spread of 1: the sum of twelve even draws. */
function normal(draws) {
  let sum = -6;
  for (let draw = 0; draw < 12; draw += 1) sum += draws.below(1_000_000) / 1_000_000;
  return sum;
}

function judge({ runs, step, after }, cell) {
  let [none, right, near] = [0, 0, 0];
  for (let series = 0; series < SERIES; series += 1) {
    const draws = new SeededDraws(cell * 100_000 + series);
    const values = Array.from({ length: runs }, (_, run) => normal(draws) + (run >= runs - after ? step : 0));
    const points = findChangePoints(values, series).map(({ index }) => index);
    if (points.length === 0) none += 1;
    if (points.includes(runs - after)) right += 1;
    if (points.some((index) => Math.abs(index - (runs - after)) <= 1)) near += 1;
  }
  return { none, right, near };
}

const percent = (count) => `${((count / SERIES) * 100).toFixed(1)} %`;

console.log(
  '| runs | step, in spreads between runs | runs behind it | a step named | at the right run | or beside it |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
CELLS.forEach((cell, index) => {
  const { none, right, near } = judge(cell, index);
  const named = percent(SERIES - none);
  const cells =
    cell.step === 0
      ? [cell.runs, 'none', '', `${named} (false alarms)`, '', '']
      : [cell.runs, cell.step, cell.after, named, percent(right), percent(near)];
  console.log(`| ${cells.join(' | ')} |`);
});
