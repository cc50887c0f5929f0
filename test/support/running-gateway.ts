import { onTestFinished, vi } from 'vitest';
import { configSchema, type ConfigInput } from '../../src/gateway/config-file/config-schema.js';
import { resolveConfig } from '../../src/gateway/config-file/resolve-config.js';
import type { GatewayConfig } from '../../src/gateway/config/gateway-config.js';
import { Gateway } from '../../src/gateway/gateway.js';
import { SupervisorGateway } from '../../src/gateway/supervisor-gateway.js';
import { EventStreamClient } from './event-stream-client.js';
import { RawWebSocket, upgradeRequest, type RawAnswer } from './raw-websocket.js';
import { recordWorkers, WORKER_OF_TEST } from './record-workers.js';
import { RecordingLogger } from './recording-logger.js';
import { startRedis } from './redis-broker.js';

/** Blocks before the first event: the reconnect time and the place. */
const PREAMBLE_BLOCKS = 2;

/** How a gateway is made up. What a test observes from outside does not depend on it. */
export interface GatewayMakeUp {
  /** Number of worker processes. Their log lines are recorded with those of the supervisor. */
  readonly workers: number;
  /**
   * Number of nodes of a cluster. The test asks the first one, and its clients connect to all nodes in
   * turn.
   */
  readonly nodes: number;
}

/**
 * The default: `WSG_TEST_WORKERS=3 npx vitest run FILE` or `WSG_TEST_NODES=3` runs any file with
 * another one.
 */
const FROM_ENVIRONMENT: GatewayMakeUp = {
  workers: Number(process.env.WSG_TEST_WORKERS ?? 1),
  nodes: Number(process.env.WSG_TEST_NODES ?? 1),
};
const JOINED = { timeout: 30_000, interval: 20 };

/** The part of an answer with `report=json` that is read here. */
interface CallReport {
  readonly nodes: Readonly<Record<string, number>>;
}

/** A gateway on a free port of loopback, stopped at the end of the test. */
export class RunningGateway {
  /** Ports that clients connect to in turn. */
  #clientPorts: readonly number[];
  #clients = 0;

  private constructor(
    readonly gateway: Gateway | SupervisorGateway,
    readonly log: RecordingLogger,
    readonly port: number,
  ) {
    this.#clientPorts = [port];
  }

  /**
   * Starts a gateway with one endpoint `/connect` tagged `foo=bar` and without spread closes;
   * `input` overrides that.
   */
  static start(
    input: Partial<ConfigInput> = {},
    { workers, nodes }: GatewayMakeUp = FROM_ENVIRONMENT,
  ): Promise<RunningGateway> {
    if (nodes > 1) return RunningGateway.#startNodes(input, nodes);
    const config = testConfig(input);
    return workers === 1
      ? RunningGateway.startWith(config)
      : RunningGateway.#startWorkers({ ...config, workers }, input);
  }

  static async #startNodes(input: Partial<ConfigInput>, count: number): Promise<RunningGateway> {
    const redis = await startRedis();
    onTestFinished(() => redis.process.dispose());
    // The tests are about what is answered, not when: all nodes run in this process.
    const cluster = { name: 'test', redis: { addr: redis.url }, deadline_ms: 10_000 };
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const all = await Promise.all(
      numbers.map((number) => RunningGateway.startWith(testConfig({ ...input, node: { number }, cluster }))),
    );
    const [first] = all;
    if (first === undefined) throw new Error('a cluster has at least one node');
    first.#clientPorts = all.map(({ port }) => port);
    await first.#reaches(count);
    return first;
  }

  static #startWorkers(config: GatewayConfig, input: Partial<ConfigInput>): Promise<RunningGateway> {
    const given = { values: testValues(input), baseDir: config.baseDir };
    const workers = { entry: WORKER_OF_TEST, given, log: { format: 'json', level: 'warn' } } as const;
    const log = new RecordingLogger();
    recordWorkers(log);
    return RunningGateway.#run(new SupervisorGateway(config, { log, workers }), log);
  }

  static async startWith(config: GatewayConfig): Promise<RunningGateway> {
    const log = new RecordingLogger();
    return RunningGateway.#run(new Gateway(config, { log }), log);
  }

  static async #run(gateway: Gateway | SupervisorGateway, log: RecordingLogger): Promise<RunningGateway> {
    onTestFinished(() => gateway.stop());
    const { port } = await gateway.start();
    return new RunningGateway(gateway, log, port);
  }

  /** Ports of all nodes that clients may connect to. */
  get clientPorts(): readonly number[] {
    return this.#clientPorts;
  }

  /** The URL of a path, on the internal listener when there is one. */
  url(path: string): string {
    return `http://127.0.0.1:${this.gateway.internalAddress?.port ?? this.port}${path}`;
  }

  async get(path: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(this.url(path), init);
    return response.text();
  }

  /** Posts and resolves with the body of the answer, whatever its status. */
  post(path: string, body?: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<string> {
    return this.get(path, { method: 'POST', body, headers });
  }

  async connect(path = '/connect', headers: Readonly<Record<string, string>> = {}): Promise<RawWebSocket> {
    const port = this.#clientPorts[this.#clients++ % this.#clientPorts.length] ?? this.port;
    const client = await RawWebSocket.open(port, path, headers);
    onTestFinished(() => client.destroy());
    return client;
  }

  /** The whole answer to an upgrade; the connection is closed afterwards. */
  async upgradeAnswer(path = '/connect', headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    const client = await RawWebSocket.connect(this.port);
    onTestFinished(() => client.destroy());
    client.write(upgradeRequest(path, headers));
    const answer = await client.answer();
    client.destroy();
    return answer;
  }

  /** Resolves once calls to this node reach that many nodes. */
  async #reaches(nodes: number): Promise<void> {
    await vi.waitFor(async () => {
      const report: CallReport = JSON.parse(await this.post('/send?nobody=x&report=json&deadline_ms=200', 'x'));
      const reached = Object.keys(report.nodes).length;
      if (reached < nodes) throw new Error(`${reached} of ${nodes} nodes are reached`);
    }, JOINED);
  }

  /** Reads the event stream from its oldest event on, without the blocks before the first event. */
  async events(): Promise<EventStreamClient> {
    const client = await EventStreamClient.open(this.url('/events?since=0'));
    await client.nextBlocks(PREAMBLE_BLOCKS);
    return client;
  }
}

/** A resolved configuration for tests. */
export function testConfig(input: Partial<ConfigInput> = {}) {
  return resolveConfig(configSchema.parse(testValues(input)), process.cwd());
}

function testValues(input: Partial<ConfigInput>) {
  return {
    listen_addr: '127.0.0.1:0',
    endpoints: [{ path: '/connect', set_tags: { foo: 'bar' }, stream_include_tags: ['foo', 'user'] }],
    prometheus: { enabled: true },
    drain: { close_spread_s: 0 },
    ...input,
  };
}
