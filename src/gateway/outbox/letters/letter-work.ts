import type { Clock } from '../../../core/clock.js';
import { errorMessage, WsgError } from '../../../core/error.js';
import { silentLogger } from '../../../core/logger.js';
import type { GatewayConfig } from '../../config/gateway-config.js';
import { formatNode } from '../../connection/connection-id.js';
import { createSinks } from '../../sinks/create-sinks.js';
import type { EventSink } from '../../sinks/event-sink.js';
import { LetterStore } from './letter-store.js';
import { Redelivery, type Redelivered } from './redelivery.js';
import type { LetterFilter } from './letter-line.js';

/** Progress of a command. */
export interface LetterProgress {
  /** Bytes processed, of `totalBytes`. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Number of letters delivered, refused again or dropped. */
  readonly letters: number;
}

/** Work on letters in one sink's files. */
interface LetterWork {
  readonly dir: string;
  readonly sink: string;
  readonly filter: LetterFilter;
  /** Ends the work gracefully: the remaining letters do not change. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LetterProgress) => void;
}

export interface DropWork extends LetterWork {
  /** True to drop lines as well that are not dead letters. */
  readonly takesUnreadable: boolean;
}

export interface RedeliveryWork extends LetterWork {
  readonly clock: Clock;
}

/**
 * Sends letters again to the sink that refused them, with their ids. Rejects with `sink.refused` or
 * `usage`.
 */
export async function redeliverLetters(config: GatewayConfig, work: RedeliveryWork): Promise<Redelivered> {
  const { dir, filter, signal, onProgress, clock } = work;
  const sink = configuredSink(config, work);
  const redelivery = new Redelivery({ sink, positions: config.sinks.positions, clock });
  const stop = (): void => redelivery.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const away = await startFailure(sink);
    if (away !== undefined) return { ...redelivery.result, away };
    const store = new LetterStore(dir);
    const totalBytes = await store.bytes(work.sink);
    let bytes = 0;
    await store.judge(work.sink, {
      filter,
      takesUnreadable: false,
      judge: (letters) => redelivery.send(letters),
      isOver: () => signal.aborted || redelivery.isOver,
      onBytes: (more) => {
        bytes += more;
        const { delivered, refused } = redelivery.result;
        onProgress({ bytes, totalBytes, letters: delivered + refused });
      },
    });
    return redelivery.result;
  } finally {
    signal.removeEventListener('abort', stop);
    await sink.stop();
  }
}

/** Removes letters for good. Resolves to their number. */
export async function dropLetters({
  dir,
  sink,
  filter,
  signal,
  takesUnreadable,
  onProgress,
}: DropWork): Promise<number> {
  const store = new LetterStore(dir);
  const totalBytes = await store.bytes(sink);
  let [bytes, dropped] = [0, 0];
  await store.judge(sink, {
    filter,
    takesUnreadable,
    judge: async (letters) => {
      dropped += letters.length;
      return letters.map(() => 'leave-out');
    },
    isOver: () => signal.aborted,
    onBytes: (more) => {
      bytes += more;
      onProgress({ bytes, totalBytes, letters: dropped });
    },
  });
  return dropped;
}

function configuredSink(config: GatewayConfig, { sink: name, clock }: RedeliveryWork): EventSink {
  const boot = { node: formatNode(config.node), epoch: clock.wallNow() };
  const { all } = createSinks({ config, boot, clock, log: silentLogger });
  const found = all.find(({ sink }) => sink.name === name);
  if (found !== undefined) return found.sink;
  throw new WsgError('usage', `There are dead letters of the sink '${name}', and the configuration has no such sink.`, {
    hint: 'Name the configuration of the gateway with --config, or leave this sink out with --sink.',
  });
}

/** Starts the sink; resolves to the reason when it is unavailable. */
async function startFailure(sink: EventSink): Promise<string | undefined> {
  try {
    await sink.start();
    return undefined;
  } catch (error) {
    if (error instanceof WsgError) throw error;
    return errorMessage(error);
  }
}
