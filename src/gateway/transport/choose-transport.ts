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
  readonly load?: (maxHeadBytes?: number) => Promise<UwsModule>;
}

/** The official package first. It is not on npm, where only a copy of it by somebody else is. */
const HOW_TO_INSTALL_UWS =
  'Use --transport ws, or install the package beside wsg: npm install github:uNetworking/uWebSockets.js#v20.52.0 ' +
  '(the official one, not on npm), or else npm install uWebSockets.js@npm:uwebsockets@3.0.6 (a copy by a third party). ' +
  'Both have binaries for glibc Linux, macOS and Windows and certain versions of Node only.';

/** `ws` unless `uws` is asked for, which rejects with `transport.unavailable` where it cannot load. `auto` is an older name of `ws`. */
export async function chooseTransport(
  wanted: TransportName | 'auto',
  { maxHeadBytes, load = loadUws }: ChooseOptions = {},
): Promise<ChosenTransport> {
  if (wanted !== 'uws') return useWs('ws is the default and uws was not asked for');
  try {
    return useUws(await load(maxHeadBytes), 'uws was asked for');
  } catch (thrown) {
    const cause = lastLine(errorMessage(thrown));
    throw new WsgError('transport.unavailable', `The transport uws cannot load on this machine: ${cause}.`, {
      hint: HOW_TO_INSTALL_UWS,
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
