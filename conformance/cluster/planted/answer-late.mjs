// Planted bug: once in 50 messages a node takes longer than the deadline to count.
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalBus } from '../../../dist/gateway/bus/local-bus.js';

const EACH = 50;
const LATE_MS = 2_000;
const send = Reflect.get(LocalBus.prototype, 'send');
let seen = 0;

LocalBus.prototype.send = function (selector, message) {
  const outcome = send.call(this, selector, message);
  return ++seen % EACH === 0 ? sleep(LATE_MS, outcome) : outcome;
};
