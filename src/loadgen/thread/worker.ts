import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../core/clock.js';
import { IterationPool } from '../executor/iteration-pool.js';
import { Load } from './load.js';
import { ProgressCells } from './progress-cells.js';
import { isStopMessage, isThreadStart, type EndMessage, type SecondMessage } from './protocol.js';

/** The entry of a load thread: runs the plan that it was born with, reports, and ends by itself. */
async function main(): Promise<void> {
  const port = parentPort;
  const start: unknown = workerData;
  if (port === null || !isThreadStart(start)) throw new Error('this file is the entry of a load thread');
  const load = new Load({
    plan: start.plan,
    shard: start.shard,
    pools: start.pools.map((memory) => new IterationPool(memory)),
    clock: systemClock,
    outlets: {
      progress: start.progress.map((memory) => new ProgressCells(memory)),
      secondEnded: (message: SecondMessage) => {
        port.postMessage(
          message,
          [...message.metrics.histograms, ...message.metrics.sketches].map(({ bytes }) => bytes.buffer),
        );
      },
    },
  });
  port.on('message', (message: unknown) => {
    if (isStopMessage(message)) load.stop();
  });
  const durationMs = await load.run();
  port.postMessage({ type: 'end', durationMs } satisfies EndMessage);
  port.close();
}

await main();
