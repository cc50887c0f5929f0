import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { systemClock } from '../../core/clock.js';
import { IterationPool } from '../executor/iteration-pool.js';
import { SampleBuffer, SampleCredit, type SampleBatch } from '../metric/sample-batch.js';
import { Interruption } from '../script/runtime/interruption.js';
import { Load } from './load.js';
import type { ScriptOutlets } from './script-load.js';
import { ProgressCells } from './progress-cells.js';
import {
  isStopMessage,
  isThreadStart,
  type EndMessage,
  type LogMessage,
  type SamplesMessage,
  type SecondMessage,
  type VerdictMessage,
} from './protocol.js';

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
    samples: start.samples === undefined ? undefined : createSampleBuffer(start.samples, port),
    script: start.script,
    outlets: {
      ...scriptOutlets(port),
      progress: start.progress.map((memory) => new ProgressCells(memory)),
      secondEnded: (message: SecondMessage) => {
        port.postMessage(
          message,
          [...message.metrics.histograms, ...message.metrics.sketches].map(({ bytes }) => bytes.buffer),
        );
      },
    },
  });
  if (start.script !== undefined) tellUnhandledRejections(port);
  port.on('message', (message: unknown) => {
    if (isStopMessage(message)) load.stop();
  });
  const end = await load.run();
  port.postMessage({ type: 'end', ...end } satisfies EndMessage);
  port.close();
}

/** A promise of a script that nobody handles is an error of the script; it must not end the thread. */
function tellUnhandledRejections(port: MessagePort): void {
  process.on('unhandledRejection', (reason) => {
    if (reason instanceof Interruption) return;
    const text = `Uncaught (in promise) ${reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason)}`;
    port.postMessage({ type: 'log', line: { level: 'error', text, source: 'stacktrace' } } satisfies LogMessage);
  });
}

function scriptOutlets(port: MessagePort): ScriptOutlets {
  return {
    log: (line) => port.postMessage({ type: 'log', line } satisfies LogMessage),
    verdict: (verdict, reason) => port.postMessage({ type: 'verdict', verdict, reason } satisfies VerdictMessage),
  };
}

function createSampleBuffer(credit: SharedArrayBuffer, port: MessagePort): SampleBuffer {
  const post = (batch: SampleBatch): void => {
    const memory = [batch.indexes.buffer, batch.values.buffer, batch.timesMs.buffer];
    port.postMessage({ type: 'samples', batch } satisfies SamplesMessage, memory);
  };
  return new SampleBuffer({ wallNow: () => systemClock.wallNow(), credit: new SampleCredit(credit), post });
}

await main();
