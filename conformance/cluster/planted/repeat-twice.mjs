// Planted bug: once in 50 messages a node delivers a message again, as if a repeated call had not
// been recognised.
import { LocalBus } from '../../../dist/gateway/bus/local-bus.js';

const EACH = 50;
const REPEAT_AFTER_MS = 333;
const send = Reflect.get(LocalBus.prototype, 'send');
let seen = 0;

LocalBus.prototype.send = function (selector, message) {
  if (++seen % EACH === 0) setTimeout(() => send.call(this, selector, message), REPEAT_AFTER_MS);
  return send.call(this, selector, message);
};
