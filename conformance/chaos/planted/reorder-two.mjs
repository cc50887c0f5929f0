// Planted bug: in each batch the last two messages of some connection change places.
import { RedisSink } from '../../../dist/gateway/sinks/redis/redis-sink.js';

const deliver = Reflect.get(RedisSink.prototype, 'deliver');

RedisSink.prototype.deliver = function (batch) {
  return deliver.call(this, reordered(batch));
};

function reordered(batch) {
  const last = batch.findLastIndex(({ action }) => action === 'message');
  const before = batch.findLastIndex(
    ({ action, connection }, index) => index < last && action === 'message' && connection === batch[last].connection,
  );
  if (before < 0) return batch;
  const changed = [...batch];
  [changed[before], changed[last]] = [changed[last], changed[before]];
  return changed;
}
