// Planted bug: once in 20 calls a node answers long after the deadline.
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterBus } from '../../../dist/gateway/cluster/cluster-bus.js';

const EACH = 20;
const LATE_MS = 2_000;
const send = Reflect.get(ClusterBus.prototype, 'send');
let seen = 0;

ClusterBus.prototype.send = function (...args) {
  const outcome = send.apply(this, args);
  return ++seen % EACH === 0 ? sleep(LATE_MS).then(() => outcome) : outcome;
};
