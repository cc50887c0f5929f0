import { createServer } from 'node:net';
import { formatListenAddress, type ListenAddress } from '../../core/listen-address.js';
import { listenError } from '../transport/listen-error.js';
import { unwell, type CheckResult } from './check-result.js';

/** Binds the address and frees it at once. */
export async function checkPort(name: string, address: ListenAddress): Promise<CheckResult> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address.host, port: address.port, exclusive: true }, resolve);
    });
  } catch (thrown) {
    return unwell(name, 'failed', listenError(address, thrown));
  }
  await new Promise((resolve) => server.close(resolve));
  return { name, level: 'ok', detail: `${formatListenAddress(address)} is free` };
}
