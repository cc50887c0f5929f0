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
 * Starts a Redis without persistence, unless `args` say otherwise (`--appendonly yes`). The caller
 * disposes of its process.
 */
export async function startRedis(args: readonly string[] = []): Promise<RedisBroker> {
  const port = await freePort();
  // By default a node of a cluster also listens 10,000 above its port, where another test may
  // listen.
  const busPort = args.includes('--cluster-enabled') ? ['--cluster-port', String(await freePort())] : [];
  const process = await BrokerProcess.start((folder) => ({
    ...BROKERS.redis,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...busPort, ...args],
    isReady: () => answersPing(port),
  }));
  return { process, port, url: `redis://127.0.0.1:${port}/0` };
}

/** Starts a Sentinel that watches the Redis behind a port. The caller disposes of its process. */
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

/** Resolves when Redis answers `PING`. `-NOAUTH` counts as an answer, `-LOADING` does not. */
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
