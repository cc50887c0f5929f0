// Planted bug: once in 50 messages a node counts one connection more than it reached.
import { LocalBus } from '../../../dist/gateway/bus/local-bus.js';

const EACH = 50;
const send = Reflect.get(LocalBus.prototype, 'send');
let seen = 0;

LocalBus.prototype.send = function (selector, message) {
  const outcome = send.call(this, selector, message);
  if (++seen % EACH !== 0) return outcome;
  const counts = new Map([...outcome.counts].map(([node, count]) => [node, count + 1]));
  return { ...outcome, counts };
};
