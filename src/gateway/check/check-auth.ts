import { connect } from 'node:net';
import { errorMessage, systemErrorCode } from '../../core/error.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { maskUrl } from '../../core/masked-url.js';
import type { CheckResult } from './check-result.js';
import { getKeySet } from '../auth/remote-key-set.js';

/**
 * Checks whether the backends of authentication can be reached. They may come up later, so every
 * problem is a warning.
 */
export function checkAuth({ endpoints }: GatewayConfig, timeoutMs: number): Promise<CheckResult[]> {
  return Promise.all(
    endpoints.flatMap(({ path, auth }) => {
      const name = `auth ${path}`;
      if (auth.mode === 'webhook') return [checkReachable(name, auth.url, timeoutMs)];
      if (auth.mode === 'jwt' && auth.jwksUrl !== undefined) return [checkKeySet(name, auth.jwksUrl, timeoutMs)];
      return [];
    }),
  );
}

async function checkKeySet(name: string, url: string, timeoutMs: number): Promise<CheckResult> {
  try {
    const { status, body } = await getKeySet(url, AbortSignal.timeout(timeoutMs));
    if (status === 200 && hasKeys(body)) return { name, level: 'ok', detail: `${maskUrl(url)} answers with a key set` };
    return { name, level: 'warning', detail: `${maskUrl(url)} answers ${status} without a key set` };
  } catch (error) {
    return { name, level: 'warning', detail: `${maskUrl(url)} cannot be fetched: ${reason(error)}` };
  }
}

function hasKeys(text: string): boolean {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return false;
  }
  return typeof body === 'object' && body !== null && 'keys' in body && Array.isArray(body.keys);
}

/** Connects without a request, which the backend would take for a client's upgrade. */
async function checkReachable(name: string, url: string, timeoutMs: number): Promise<CheckResult> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80), timeout: timeoutMs });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
      socket.once('timeout', () => reject(new Error(`no answer within ${timeoutMs / 1000} s`)));
    });
    return { name, level: 'ok', detail: `${maskUrl(url)} accepts connections; no request was sent` };
  } catch (error) {
    return { name, level: 'warning', detail: `${maskUrl(url)} cannot be reached: ${reason(error)}` };
  } finally {
    socket.destroy();
  }
}

/** Node's message is empty when several addresses of a name fail; its code is not. */
function reason(error: unknown): string {
  return errorMessage(error) || (systemErrorCode(error) ?? 'no connection');
}
