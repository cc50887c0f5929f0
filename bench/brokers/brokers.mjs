// RabbitMQ and NATS with JetStream for a bench, each in a folder of its own and on one core.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, startDaemon } from '../support/daemon.mjs';
import { cpuSeconds } from '../support/process-tree.mjs';

const createFolder = () => mkdtempSync(join(tmpdir(), 'wsg-bench-broker-'));

function broker(url, daemons, folder) {
  const [main] = daemons;
  return {
    url,
    cpuSeconds: () => cpuSeconds(main.pids()),
    async stop() {
      for (const daemon of daemons) await daemon.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export async function startRabbitmq({ core }) {
  const [port, distribution, mapperPort] = await freePorts(3);
  const folder = createFolder();
  writeFileSync(join(folder, 'enabled_plugins'), '[].');
  writeFileSync(join(folder, 'rabbitmq.conf'), '');
  const mapper = await startDaemon(['epmd', '-port', String(mapperPort), '-address', '127.0.0.1'], {
    port: mapperPort,
  });
  const environment = {
    HOME: folder,
    RUNNING_UNDER_SYSTEMD: 'true',
    ERL_EPMD_PORT: mapperPort,
    RABBITMQ_NODENAME: `bench${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: port,
    RABBITMQ_DIST_PORT: distribution,
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1',
  };
  const settings = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  const command = ['env', ...settings, '/usr/lib/rabbitmq/bin/rabbitmq-server'];
  const daemon = await startDaemon(command, { core, port });
  return broker(`amqp://guest:guest@127.0.0.1:${port}`, [daemon, mapper], folder);
}

export async function startNats({ core }) {
  const [port] = await freePorts(1);
  const folder = createFolder();
  const command = ['nats-server', '--addr', '127.0.0.1', '--port', String(port), '-js', '-sd', folder];
  const daemon = await startDaemon(command, { core, port });
  return broker(`nats://127.0.0.1:${port}`, [daemon], folder);
}
