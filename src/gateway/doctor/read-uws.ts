import { WsgError } from '../../core/error.js';
import { chooseTransport, type NativeLibrary } from '../transport/choose-transport.js';
import { findUwsPackage, uwsHost, uwsUnavailable } from '../transport/uws/uws-package.js';
import type { TransportLimit } from '../transport/uws/uws-self-test.js';

/** Whether the transport uws can run on this machine; `hint` says what to do otherwise. */
export type UwsState =
  | { readonly state: 'runs'; readonly native: NativeLibrary; readonly limits: readonly TransportLimit[] }
  | { readonly state: 'not installed' | 'does not load'; readonly reason: string; readonly hint: string };

/** Loads uWebSockets.js if it is installed, and runs its self-test on loopback. */
export async function readUws(): Promise<UwsState> {
  const host = uwsHost();
  const isInstalled = findUwsPackage(host) !== undefined;
  try {
    const chosen = await chooseTransport('uws');
    if (chosen.native === undefined) throw new Error('the native library of uWebSockets.js cannot be found');
    return { state: 'runs', native: chosen.native, limits: await chosen.selfTest() };
  } catch (thrown) {
    const error = thrown instanceof WsgError ? thrown : uwsUnavailable(thrown, host);
    const state = isInstalled ? 'does not load' : 'not installed';
    return { state, reason: error.message, hint: error.hint ?? '' };
  }
}
