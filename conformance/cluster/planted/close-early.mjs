// Planted bug: a close changes places with the last message before it, where one batch has both.
import { RedisSink } from '../../../dist/gateway/sinks/redis/redis-sink.js';

const deliver = Reflect.get(RedisSink.prototype, 'deliver');

RedisSink.prototype.deliver = function (batch) {
  return deliver.call(this, changed(batch));
};

function changed(batch) {
  const close = batch.findIndex(({ action }) => action === 'close');
  const before = batch.findLastIndex(
    ({ action, connection }, index) => index < close && action === 'message' && connection === batch[close].connection,
  );
  if (close < 0 || before < 0) return batch;
  const events = [...batch];
  [events[before], events[close]] = [events[close], events[before]];
  return events;
}
