import type { Load } from '../../src/loadgen/thread/load.js';
import type { EndMessage } from '../../src/loadgen/thread/protocol.js';

/** Runs a load from start to end, as the only thread of a run does. */
export async function runLoad(load: Load): Promise<Omit<EndMessage, 'type'>> {
  await load.prepare();
  load.begin(0);
  await load.runUsers(await load.setUp());
  await load.tearDown();
  return load.finish();
}
