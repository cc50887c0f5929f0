// Our generator: the built-in scenario with both checks and all metrics, as `wsg loadtest` runs it,
// without its output.
//   node generator.mjs <url> <virtual users> <seconds>
import { systemClock } from '../../dist/core/clock.js';
import { Engine, parseLoadOptions } from '../../dist/loadgen/index.js';

const [url, vus, seconds] = process.argv.slice(2);
const plan = parseLoadOptions({ url, vus, duration: `${seconds}s`, gracefulStop: '0s' });
const engine = new Engine(plan, { clock: systemClock, version: 'bench' });
const before = process.cpuUsage();
const { end, health } = await engine.run();
const { user, system } = process.cpuUsage(before);
const whole = health.slice(1, -1).map((second) => second.eventLoopUse);
console.log(
  JSON.stringify({
    messages: end.totals.counters.ws_msgs_received ?? 0,
    wrong: end.totals.rates.checks?.fails ?? 0,
    cpuS: (user + system) / 1e6,
    loop: whole.reduce((sum, use) => sum + use, 0) / whole.length,
  }),
);
