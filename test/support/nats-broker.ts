import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { BROKERS } from './debian-packages.js';
import { BrokerProcess, freePort } from './broker-process.js';

/** A real NATS server with JetStream on a port of its own. */
export interface NatsBroker {
  readonly process: BrokerProcess;
  readonly port: number;
  /** Without credentials. */
  readonly url: string;
}

/** Starts a NATS server; `settings` are lines of its configuration. Dispose its process. */
export async function startNats(settings: readonly string[] = []): Promise<NatsBroker> {
  const port = await freePort();
  const process = await BrokerProcess.start((folder) => {
    const file = `${folder}/nats.conf`;
    writeFileSync(file, [`jetstream { store_dir: "${folder}/store" }`, ...settings, ''].join('\n'));
    return {
      ...BROKERS.nats,
      args: ['--addr', '127.0.0.1', '--port', String(port), '--config', file],
      isReady: () => greets(port),
    };
  });
  return { process, port, url: `nats://127.0.0.1:${port}` };
}

/** Resolves when the server sends its INFO, which it does first. */
function greets(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('data', (greeting) => {
      socket.destroy();
      if (greeting.toString().startsWith('INFO ')) resolve();
      else reject(new Error('no NATS'));
    });
    socket.once('close', () => reject(new Error('closed')));
  });
}
