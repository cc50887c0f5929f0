// Planted bug: a close changes places with the last message before it, where one batch has both.
import { RedisSink } from '../../../dist/gateway/sinks/redis/redis-sink.js';

const deliver = Reflect.get(RedisSink.prototype, 'deliver');

RedisSink.prototype.deliver = function (batch) {
  return deliver.call(this, changed(batch));
};

function changed(batch) {
  const events = [...batch];
  for (const [index, { action, connection }] of batch.entries()) {
    const before = index - 1;
    if (action !== 'close' || events[before]?.connection !== connection) continue;
    [events[before], events[index]] = [events[index], events[before]];
  }
  return events;
}
