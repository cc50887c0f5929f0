// Planted bug: once in 10 closes another close of the same connection follows.
import { RedisSink } from '../../../dist/gateway/sinks/redis/redis-sink.js';

const EACH = 10;
const deliver = Reflect.get(RedisSink.prototype, 'deliver');
let closes = 0;

RedisSink.prototype.deliver = async function (batch) {
  const verdict = await deliver.call(this, batch);
  const again = batch.filter(({ action }) => action === 'close' && ++closes % EACH === 0);
  if (again.length > 0)
    await deliver.call(
      this,
      again.map((event) => ({ ...event, id: `${event.id}0` })),
    );
  return verdict;
};
