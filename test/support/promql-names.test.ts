import { expect, it } from 'vitest';
import { promqlNames } from './promql-names.js';

it.each([
  ['up == 0', ['up']],
  ['sum by (le, instance) (rate(a_bucket{job=~"x y", z="q"}[5m])) > 0.25', ['a_bucket']],
  ['a / (b > 0) > 0.5 or c{x="y"} and d', ['a', 'b', 'c', 'd']],
  ['sum(a{i=~"$i"} == bool 0)', ['a']],
  ['histogram_quantile(0.99, rate(a_bucket[$__rate_interval]))', ['a_bucket']],
  ['a > 0.01 * a', ['a']],
])('of %s the metrics are named', (expression, names) => {
  expect(promqlNames(expression)).toEqual(names);
});
