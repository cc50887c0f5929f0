import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { BROKERS } from './debian-packages.js';
import { BrokerProcess, freePort } from './broker-process.js';

/** A real Redis on a port of its own. */
export interface RedisBroker {
  readonly process: BrokerProcess;
  readonly port: number;
  readonly url: string;
}

/**
 * Starts a Redis that forgets its data when it is killed, unless `--appendonly yes` and the like
 * are among `args`. Dispose its process.
 */
export async function startRedis(args: readonly string[] = []): Promise<RedisBroker> {
  const port = await freePort();
  // Unless told, a node of a cluster listens 10,000 above its port too, where another test may be.
  const busPort = args.includes('--cluster-enabled') ? ['--cluster-port', String(await freePort())] : [];
  const process = await BrokerProcess.start((folder) => ({
    ...BROKERS.redis,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...busPort, ...args],
    isReady: () => answersPing(port),
  }));
  return { process, port, url: `redis://127.0.0.1:${port}/0` };
}

/** Starts a Sentinel that watches the Redis behind a port. Dispose its process. */
export async function startSentinel(masterPort: number): Promise<RedisBroker> {
  const port = await freePort();
  const process = await BrokerProcess.start((folder) => {
    const file = `${folder}/sentinel.conf`;
    writeFileSync(
      file,
      `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor main 127.0.0.1 ${masterPort} 1\n`,
    );
    return { ...BROKERS.redis, args: [file, '--sentinel'], isReady: () => answersPing(port) };
  });
  return { process, port, url: `redis://127.0.0.1:${port}/0` };
}

/** `-NOAUTH` is an answer too; `-LOADING` is not. */
function answersPing(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (answer) => {
      socket.destroy();
      if (/^(\+PONG|-NOAUTH)/.test(answer.toString())) resolve();
      else reject(new Error(answer.toString()));
    });
    socket.once('close', () => reject(new Error('closed')));
  });
}
