import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { BROKERS } from './debian-packages.js';
import { BrokerProcess, freePort, requireProgram } from './broker-process.js';

/** A real RabbitMQ on a port of its own. */
export interface RabbitmqBroker {
  readonly process: BrokerProcess;
  readonly port: number;
  /** As the user `guest`. */
  readonly url: string;
  /** Runs `rabbitmqctl` on it. */
  control(...args: readonly string[]): Promise<void>;
  /** Ends the broker and its port mapper. */
  dispose(): Promise<void>;
}

/**
 * Starts a RabbitMQ with its own ports, node name, cookie, port mapper and folder. `settings` are
 * lines of rabbitmq.conf.
 */
export async function startRabbitmq(settings: readonly string[] = []): Promise<RabbitmqBroker> {
  requireProgram(BROKERS.rabbitmq);
  const [port, distributionPort, mapperPort] = [await freePort(), await freePort(), await freePort()];
  // Our own port mapper: one that Erlang starts by itself would outlive the test.
  const mapper = spawn('/usr/bin/epmd', ['-port', String(mapperPort), '-address', '127.0.0.1'], { stdio: 'ignore' });
  const process = await BrokerProcess.start((folder) => {
    writeFileSync(`${folder}/enabled_plugins`, '[].');
    writeFileSync(`${folder}/rabbitmq.conf`, ['log.console.level = warning', ...settings, ''].join('\n'));
    return {
      ...BROKERS.rabbitmq,
      args: [],
      env: environment({ folder, port, distributionPort, mapperPort }),
      isReady: () => speaksAmqp(port),
    };
  }).catch((error: unknown) => {
    mapper.kill();
    throw error;
  });
  const dispose = async () => {
    await process.dispose();
    mapper.kill();
  };
  const control = async (...args: readonly string[]) => {
    const env = {
      ...environment({ folder: process.folder, port, distributionPort, mapperPort }),
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    };
    await promisify(execFile)('/usr/lib/rabbitmq/bin/rabbitmqctl', args, { env });
  };
  return { process, port, url: `amqp://guest:guest@127.0.0.1:${port}`, control, dispose };
}

interface RabbitmqPlaces {
  readonly folder: string;
  readonly port: number;
  readonly distributionPort: number;
  readonly mapperPort: number;
}

function environment({ folder, port, distributionPort, mapperPort }: RabbitmqPlaces): NodeJS.ProcessEnv {
  return {
    HOME: folder,
    // Makes the script exec the Erlang VM, so that killing the process is a crash of the broker.
    RUNNING_UNDER_SYSTEMD: 'true',
    ERL_EPMD_PORT: String(mapperPort),
    RABBITMQ_NODENAME: `wsg${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: `${folder}/mnesia`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_LOGS: '-',
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    RABBITMQ_CONF_ENV_FILE: `${folder}/none`,
    RABBITMQ_ADVANCED_CONFIG_FILE: `${folder}/none`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1',
  };
}

/**
 * Resolves when the broker accepts connections: it then answers a wrong protocol header with the
 * right one.
 */
function speaksAmqp(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('connect', () => socket.write('WSG\0\0\0\0\0'));
    socket.once('data', (answer) => {
      socket.destroy();
      if (answer.subarray(0, 4).toString() === 'AMQP') resolve();
      else reject(new Error('no AMQP'));
    });
    socket.once('close', () => reject(new Error('closed')));
  });
}
