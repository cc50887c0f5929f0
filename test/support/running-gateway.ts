import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { configSchema, type ConfigInput } from '../../src/gateway/config-file/config-schema.js';
import { resolveConfig } from '../../src/gateway/config-file/resolve-config.js';
import type { GatewayConfig } from '../../src/gateway/config/gateway-config.js';
import { Gateway } from '../../src/gateway/gateway.js';
import { SupervisorGateway } from '../../src/gateway/supervisor-gateway.js';
import { EventStreamClient } from './event-stream-client.js';
import { RawWebSocket, upgradeRequest, type RawAnswer } from './raw-websocket.js';
import { RecordingLogger } from './recording-logger.js';

/** Blocks before the first event: the reconnect time and the place. */
const PREAMBLE_BLOCKS = 2;

/**
 * Number of worker processes of each gateway: `WSG_TEST_WORKERS=3 npx vitest run FILE` shows that
 * what a test observes from outside does not depend on it. Log lines of workers are not recorded.
 */
const WORKERS = Number(process.env.WSG_TEST_WORKERS ?? 1);
const WORKER_ENTRY = fileURLToPath(new URL('../../dist/cli/gateway/worker-main.js', import.meta.url));

/** A gateway on a free port of loopback, stopped at the end of the test. */
export class RunningGateway {
  private constructor(
    readonly gateway: Gateway | SupervisorGateway,
    readonly log: RecordingLogger,
    readonly port: number,
  ) {}

  /**
   * Starts a gateway with one endpoint `/connect` tagged `foo=bar` and without spread closes;
   * `input` overrides that.
   */
  static start(input: Partial<ConfigInput> = {}): Promise<RunningGateway> {
    const config = testConfig(input);
    return WORKERS === 1 ? RunningGateway.startWith(config) : RunningGateway.#startWorkers(config, input);
  }

  static #startWorkers(config: GatewayConfig, input: Partial<ConfigInput>): Promise<RunningGateway> {
    const given = { values: testValues(input), baseDir: config.baseDir };
    const workers = { entry: WORKER_ENTRY, given, log: { format: 'json', level: 'warn' } } as const;
    const log = new RecordingLogger();
    return RunningGateway.#run(new SupervisorGateway({ ...config, workers: WORKERS }, { log, workers }), log);
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
    const client = await RawWebSocket.open(this.port, path, headers);
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
