import type { Transport, TransportName, TransportOptions } from './transport.js';
import { loadUws, UwsTransport } from './uws/uws-transport.js';
import { fileSha256, findUwsPackage, uwsSurroundings, uwsUnavailable } from './uws/uws-package.js';
import { selfTestUws, type TransportLimit } from './uws/uws-self-test.js';
import type { UwsModule } from './uws/uws-types.js';
import { WsTransport } from './ws/ws-transport.js';

/** Which transport runs and why, for the log, `/healthz` and the metrics. */
export interface ChosenTransport {
  readonly name: TransportName;
  /** One sentence. */
  readonly reason: string;
  /** The native library in use; undefined where there is none. */
  readonly native: NativeLibrary | undefined;
  create<C extends object>(options: TransportOptions<C>): Transport;
  /**
   * What the library gets wrong on this machine; never rejects. `ws` is held to all of it by the
   * test suite and tests nothing.
   */
  selfTest(): Promise<readonly TransportLimit[]>;
}

/** Machine code that the transport runs, as it lies on disk. */
export interface NativeLibrary {
  /** `uWebSockets.js@20.52.0`. */
  readonly package: string;
  readonly path: string;
  readonly sha256: string;
}

export interface ChooseOptions {
  /** Largest request head; the native library is told while it loads, once a process. */
  readonly maxHeadBytes?: number;
  readonly load?: (maxHeadBytes?: number) => Promise<UwsModule>;
}

/**
 * Small buffers share a slab, which lives as long as the longest of them. Node 24 made slabs of 64
 * KiB, in which one kept message of 100 bytes could hold 64 KiB: bounds on memory are for those of
 * 8 KiB, which earlier versions have.
 */
const SLAB_BYTES = 8 * 1024;

/**
 * `ws` unless `uws` is asked for, which rejects with `transport.unavailable` where it cannot load.
 * `auto` is an older name of `ws`.
 */
export async function chooseTransport(
  wanted: TransportName | 'auto',
  { maxHeadBytes, load = loadUws }: ChooseOptions = {},
): Promise<ChosenTransport> {
  Buffer.poolSize = SLAB_BYTES;
  if (wanted !== 'uws') return useWs('ws is the default');
  try {
    return useUws(await load(maxHeadBytes), 'uws was requested');
  } catch (thrown) {
    throw uwsUnavailable(thrown, uwsSurroundings());
  }
}

function useUws(uws: UwsModule, reason: string): ChosenTransport {
  const found = findUwsPackage(uwsSurroundings());
  return {
    name: 'uws',
    reason,
    native: found && { package: found.label, path: found.binary, sha256: fileSha256(found.binary) ?? 'unreadable' },
    create: (options) => new UwsTransport(uws, options),
    selfTest: () => selfTestUws(uws),
  };
}

function useWs(reason: string): ChosenTransport {
  return {
    name: 'ws',
    reason,
    native: undefined,
    create: (options) => new WsTransport(options),
    selfTest: () => Promise.resolve([]),
  };
}
