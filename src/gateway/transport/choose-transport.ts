import { errorMessage, WsgError } from '../../core/error.js';
import type { Transport, TransportName, TransportOptions } from './transport.js';
import { loadUws, UwsTransport } from './uws-transport.js';
import type { UwsModule } from './uws-types.js';
import { WsTransport } from './ws-transport.js';

/** Which transport runs and why, for the log, `/healthz` and the metrics. */
export interface ChosenTransport {
  readonly name: TransportName;
  /** One sentence. */
  readonly reason: string;
  create<C extends object>(options: TransportOptions<C>): Transport;
}

export interface ChooseOptions {
  /** Largest request head; the native library is told while it loads, once a process. */
  readonly maxHeadBytes?: number;
  /** Why `auto` has to be `ws`, as a sentence. */
  readonly needsWs?: string | undefined;
  readonly load?: (maxHeadBytes?: number) => Promise<UwsModule>;
}

/** `auto` takes uWebSockets.js where its binary loads and `ws` elsewhere; `uws` rejects with `transport.unavailable` where it does not. */
export async function chooseTransport(
  wanted: TransportName | 'auto',
  { maxHeadBytes, needsWs, load = loadUws }: ChooseOptions = {},
): Promise<ChosenTransport> {
  if (wanted === 'ws') return useWs('ws was asked for');
  if (wanted === 'auto' && needsWs !== undefined) return useWs(needsWs);
  try {
    return useUws(
      await load(maxHeadBytes),
      wanted === 'auto' ? 'uWebSockets.js is loadable and the faster one' : 'uws was asked for',
    );
  } catch (thrown) {
    const cause = lastLine(errorMessage(thrown));
    if (wanted === 'auto') return useWs(`uWebSockets.js cannot load: ${cause}`);
    throw new WsgError('transport.unavailable', `The transport uws cannot load on this machine: ${cause}.`, {
      hint: 'Use --transport auto or --transport ws; uws has binaries for glibc Linux, macOS and Windows and certain versions of Node.',
      cause: thrown,
    });
  }
}

function useUws(uws: UwsModule, reason: string): ChosenTransport {
  return { name: 'uws', reason, create: (options) => new UwsTransport(uws, options) };
}

function useWs(reason: string): ChosenTransport {
  return { name: 'ws', reason, create: (options) => new WsTransport(options) };
}

/** The loader's message begins with a list of platforms; what went wrong here stands at its end. */
function lastLine(message: string): string {
  const lines = message.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '') ?? 'no reason given';
}
