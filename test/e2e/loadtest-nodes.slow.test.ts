import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RunningGateway } from '../support/running-gateway.js';
import { SupervisedGateway } from '../support/supervised-gateway.js';
import { runWsg } from '../support/wsg-process.js';

const LOAD = ['--vus', '12', '--duration', '3s', '--graceful-stop', '1s', '--allow-saturated', '--no-run'];
const SCENARIOS = [
  ['fan-out', ['--rate', '20']],
  ['churn', []],
] as const;
const BOUND_MS = 90_000;

/** A load balancer that gives each connection to the next port. Returns its own port. */
async function balance(ports: readonly number[]): Promise<number> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    const target = connect(ports[connections++ % ports.length] ?? 0, '127.0.0.1');
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function load(scenario: string, options: readonly string[], port: number, gateways: readonly number[]) {
  const named = gateways.flatMap((gateway) => ['--gateway', `http://127.0.0.1:${gateway}`]);
  const args = ['--scenario', scenario, '--url', `ws://127.0.0.1:${port}/connect`, ...named, ...options, ...LOAD];
  const { code, stdout, stderr } = await runWsg(['loadtest', ...args]);
  return { code, output: stdout + stderr };
}

describe.each(SCENARIOS)('a load of %s', (scenario, options) => {
  it('shows no difference to a gateway with three workers', { timeout: BOUND_MS }, async () => {
    const gateway = await SupervisedGateway.start({ workers: 3, config: { prometheus: { enabled: true } } });
    const { code, output } = await load(scenario, options, gateway.port, [gateway.port]);
    expect(code, output).toBe(0);
    expect(output).toContain('gateway and generator');
    expect(output).not.toContain('DISAGREE');
  });

  it('shows no difference to the sum of three nodes', { timeout: BOUND_MS }, async () => {
    const first = await RunningGateway.start({}, { workers: 1, nodes: 3 });
    const port = await balance(first.clientPorts);
    const { code, output } = await load(scenario, options, port, first.clientPorts);
    expect(code, output).toBe(0);
    expect(output).toContain('gateway and generator');
    expect(output).not.toContain('DISAGREE');
    expect(output).not.toContain('belongs to a cluster');
  });
});

it('warns when some nodes of the cluster are not named', { timeout: BOUND_MS }, async () => {
  const first = await RunningGateway.start({}, { workers: 1, nodes: 3 });
  const { output } = await load('idle', [], first.port, [first.port]);
  expect(output).toContain('a cluster of 3 nodes, and the counters of 1 are read');
});
