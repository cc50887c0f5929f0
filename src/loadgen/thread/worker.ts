import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { systemClock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import { IterationPool } from '../executor/executor.js';
import { SampleBuffer, SampleCredit, type SampleBatch } from '../metric/sample-batch.js';
import { Interruption, StopFlag } from '../script/runtime/interruption.js';
import { Load } from './load.js';
import { ProgressCells } from './progress-cells.js';
import { LineCredit, ScriptLines } from './script-lines.js';
import {
  isThreadStart,
  isToThread,
  type BeginMessage,
  type CrashedMessage,
  type EndMessage,
  type InitFailedMessage,
  type LogMessage,
  type RunMessage,
  type SamplesMessage,
  type SecondMessage,
  type StepMessage,
  type ThreadStart,
  type ToThread,
  type VerdictMessage,
} from './protocol.js';

const NS_PER_MS = 1e6;

/** Entry of a load thread: runs its plan, reports, and ends by itself. */
async function main(): Promise<void> {
  const port = parentPort;
  const start: unknown = workerData;
  if (port === null || !isThreadStart(start)) throw new Error('this file is the entry of a load thread');
  const lines = createScriptLines(start, port);
  const load = new Load({
    plan: start.plan,
    shard: start.shard,
    pools: start.pools.map((memory) => new IterationPool(memory)),
    clock: systemClock,
    samples: start.samples === undefined ? undefined : createSampleBuffer(start.samples, port),
    breaksDown: start.breaksDown,
    script: start.script && { bundle: start.script, ...(await import('./script-load.js')) },
    events: {
      log: (line) => lines.write(line),
      verdict: (verdict, reason) => port.postMessage({ type: 'verdict', verdict, reason } satisfies VerdictMessage),
      progress: start.progress.map((cells) => cells.map((memory) => new ProgressCells(memory))),
      secondEnded: (message: SecondMessage) => {
        lines.flush();
        port.postMessage(
          message,
          [...message.metrics.histograms, ...message.metrics.sketches].map(({ bytes }) => bytes.buffer),
        );
      },
    },
  });
  handOverOnCrash(load, port);
  if (start.script !== undefined) reportUnhandledRejections(lines);
  const inbox = new Inbox(port, () => load.stop());
  if (!(await prepare(load, start, port))) return port.close();
  const send = (message: StepMessage | EndMessage): void => port.postMessage(message);
  send({ type: 'ready' });
  const { startNs } = await inbox.begin;
  load.begin(Number(process.hrtime.bigint() - startNs) / NS_PER_MS);
  const isFirst = start.shard.index === 0;
  if (isFirst) send({ type: 'setUp', outcome: await load.setUp() });
  const { setUp } = await inbox.run;
  await load.runUsers(setUp);
  send({ type: 'usersDone' });
  await inbox.finish;
  if (isFirst) await load.tearDown();
  send({ type: 'end', ...(await load.finish()) });
  port.close();
}

/**
 * Reports the current second before the thread ends because of an uncaught error, so that its
 * values are kept.
 */
function handOverOnCrash(load: Load, port: MessagePort): void {
  process.once('uncaughtException', (error) => {
    try {
      load.handOver();
    } finally {
      port.postMessage({ type: 'crashed', text: errorMessage(error) } satisfies CrashedMessage);
      process.exit(1);
    }
  });
}

/**
 * Loads the script for the initial virtual users. Returns false if it threw, which is reported to
 * the parent.
 */
async function prepare(load: Load, { script }: ThreadStart, port: MessagePort): Promise<boolean> {
  try {
    await load.prepare();
    return true;
  } catch (error) {
    if (script === undefined) throw error;
    const { describeScriptError } = await import('../script/runtime/stack-trace.js');
    const text = describeScriptError(error, script.compiled);
    port.postMessage({ type: 'initFailed', text } satisfies InitFailedMessage);
    return false;
  }
}

/** Messages from the parent. Each arrives once, except a stop, which may arrive at any time. */
class Inbox {
  readonly begin: Promise<BeginMessage>;
  readonly run: Promise<RunMessage>;
  readonly finish: Promise<void>;

  constructor(port: MessagePort, stop: () => void) {
    const hear = (take: (message: ToThread) => void): void => {
      port.on('message', (message: unknown) => {
        if (isToThread(message)) take(message);
      });
    };
    hear(({ type }) => {
      if (type === 'stop') stop();
    });
    this.begin = new Promise((resolve) => hear((message) => message.type === 'begin' && resolve(message)));
    this.run = new Promise((resolve) => hear((message) => message.type === 'run' && resolve(message)));
    this.finish = new Promise((resolve) => hear((message) => message.type === 'finish' && resolve()));
  }
}

/**
 * Reports unhandled rejections of a script's promises as errors of the script. They must not end
 * the thread.
 */
function reportUnhandledRejections(lines: ScriptLines): void {
  process.on('unhandledRejection', (reason) => {
    if (reason instanceof Interruption) return;
    const text = `Uncaught (in promise) ${reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason)}`;
    lines.write({ level: 'error', text, source: 'stacktrace' });
  });
}

function createScriptLines({ lines, script }: ThreadStart, port: MessagePort): ScriptLines {
  return new ScriptLines({
    credit: new LineCredit(lines),
    stopFlag: new StopFlag(script?.stopFlag),
    post: (line) => port.postMessage({ type: 'log', line } satisfies LogMessage),
  });
}

function createSampleBuffer(credit: SharedArrayBuffer, port: MessagePort): SampleBuffer {
  const post = (batch: SampleBatch): void => {
    const memory = [batch.indexes.buffer, batch.values.buffer, batch.timesMs.buffer];
    port.postMessage({ type: 'samples', batch } satisfies SamplesMessage, memory);
  };
  return new SampleBuffer({ wallNow: () => systemClock.wallNow(), credit: new SampleCredit(credit), post });
}

await main();
