// Planted bug: a batch counts as acknowledged as soon as it is written, whatever becomes of it.
import { RedisSink } from '../../../dist/gateway/sinks/redis/redis-sink.js';

const deliver = Reflect.get(RedisSink.prototype, 'deliver');
let before = Promise.resolve();

RedisSink.prototype.deliver = async function (batch) {
  before = before
    .then(() => deliver.call(this, batch))
    .then(
      () => undefined,
      () => undefined,
    );
  return { settled: batch.length, refused: [] };
};
