import type { Transport, TransportName, TransportOptions } from './transport.js';
import { loadUws, UwsTransport } from './uws/uws-transport.js';
import { fileSha256, findUwsPackage, uwsHost, uwsUnavailable } from './uws/uws-package.js';
import { selfTestUws, type TransportLimit } from './uws/uws-self-test.js';
import type { UwsModule } from './uws/uws-types.js';
import { WsTransport } from './ws/ws-transport.js';

/** The transport in use and why it was chosen, for the log, `/healthz` and the metrics. */
export interface ChosenTransport {
  readonly name: TransportName;
  /** One sentence. */
  readonly reason: string;
  /** The native library in use; undefined without one. */
  readonly native: NativeLibrary | undefined;
  create<C extends object>(options: TransportOptions<C>): Transport;
  /**
   * Tests the library on this machine and returns its faults; never rejects. `ws` returns none,
   * because the test suite covers it.
   */
  selfTest(): Promise<readonly TransportLimit[]>;
}

/** A native library that the transport loads, as a file. */
export interface NativeLibrary {
  /** `uWebSockets.js@20.52.0`. */
  readonly package: string;
  readonly path: string;
  readonly sha256: string;
}

export interface ChooseOptions {
  /**
   * Maximum size of a request head. The native library reads it while it loads, once per process.
   */
  readonly maxHeadBytes?: number;
  readonly load?: (maxHeadBytes?: number) => Promise<UwsModule>;
}

/**
 * Small buffers share a slab, which stays in memory as long as any of them. Node 24 raised the slab
 * to 64 KiB, so one queued message of 100 bytes could keep 64 KiB alive. The memory limits assume 8
 * KiB, the size in earlier versions.
 */
const SLAB_BYTES = 8 * 1024;

/**
 * Chooses `ws` unless `uws` is requested. Rejects with `transport.unavailable` when uws cannot
 * load. `auto` is an older name for `ws`.
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
    throw uwsUnavailable(thrown, uwsHost());
  }
}

function useUws(uws: UwsModule, reason: string): ChosenTransport {
  const found = findUwsPackage(uwsHost());
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
