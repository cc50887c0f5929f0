import { check } from 'k6';
import { Counter } from 'k6/metrics';

const counter = new Counter('mine');
export const options = { iterations: 2, thresholds: { mine: ['count>5'], checks: ['rate>0.5'] } };

export default function () {
  counter.add(1, { a: 'b' });
  check(1, { one: (n) => n === 1 });
}

export function handleSummary(data) {
  console.log(`keys: ${Object.keys(data).sort()}`);
  console.log(`metrics: ${Object.keys(data.metrics).sort()}`);
  console.log(
    `mine: ${JSON.stringify(Object.keys(data.metrics.mine).sort())} ${data.metrics.mine.values.count} ${JSON.stringify(data.metrics.mine.thresholds)}`,
  );
  console.log(`checks: ${JSON.stringify(data.root_group.checks)}`);
  console.log(`state: ${Object.keys(data.state).sort()} ${data.options.summaryTrendStats}`);
  return { stdout: 'summary\n' };
}
