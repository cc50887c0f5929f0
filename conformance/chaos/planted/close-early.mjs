// Planted bug: the last message of each connection comes after its close.
import { RedisSink } from '../../../dist/gateway/sinks/redis/redis-sink.js';

const deliver = Reflect.get(RedisSink.prototype, 'deliver');
/** The newest message of each connection waits for its next event. */
const held = new Map();

RedisSink.prototype.deliver = async function (batch) {
  const changed = batch.flatMap(withHeld);
  if (changed.length > 0) await deliver.call(this, changed);
  return { settled: batch.length, refused: [] };
};

function withHeld(event) {
  const { action, connection } = event;
  const before = held.get(connection);
  const earlier = before === undefined ? [] : [before];
  if (action === 'message') {
    held.set(connection, event);
    return earlier;
  }
  held.delete(connection);
  return action === 'close' ? [event, ...earlier] : [...earlier, event];
}
