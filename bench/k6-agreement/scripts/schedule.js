import exec from 'k6/execution';
import { sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';

const started = new Counter('started');
const at = new Trend('at');

export const options = JSON.parse(__ENV.OPTIONS);

function work() {
  at.add(exec.instance.currentTestRunDuration);
  started.add(1);
  sleep(Number(__ENV.SECONDS));
}

export default work;
export { work as other };
