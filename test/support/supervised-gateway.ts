import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ConfigInput } from '../../src/gateway/config-file/config-schema.js';
import { freePort } from './broker-process.js';
import { EventStreamClient, type StreamBlock } from './event-stream-client.js';
import { RawWebSocket } from './raw-websocket.js';
import { temporaryFolder } from './temporary-folder.js';
import { WsgProcess, type WsgOptions } from './wsg-process.js';

/** Blocks before the first event: the reconnect time and the place. */
const PREAMBLE_BLOCKS = 2;

/** One worker as `/readyz` shows it. */
interface ShownWorker {
  readonly state: string;
  readonly pid: number;
}

/** How a gateway with workers is started. */
export interface SupervisedOptions extends WsgOptions {
  readonly config?: Partial<ConfigInput>;
  readonly workers?: number;
  readonly args?: readonly string[];
  /**
   * Whether requests go to a listener of the supervisor, and not to the port of clients, where a
   * worker takes them.
   */
  readonly asksSupervisor?: boolean;
}

/** A `wsg serve --workers` process with its workers, on a free port of loopback. */
export class SupervisedGateway {
  private constructor(
    readonly process: WsgProcess,
    readonly port: number,
    readonly apiPort: number,
  ) {}

  /** Starts without waiting for it to listen. `config` overrides one endpoint, `/connect`. */
  static async launch(options: SupervisedOptions = {}): Promise<WsgProcess> {
    const { config, workers = 2, args = [], ...process } = options;
    const file = join(await temporaryFolder(), 'config.yml');
    const endpoints = [{ path: '/connect', set_tags: { foo: 'bar' }, stream_include_tags: ['foo'] }];
    const given = { listen_addr: '127.0.0.1:0', endpoints, drain: { close_spread_s: 0 }, ...config };
    await writeFile(file, JSON.stringify(given));
    const all = ['serve', '--config', file, '--workers', String(workers), '--ready-fd', '3', ...args];
    return new WsgProcess(all, process);
  }

  /** Resolves once all workers listen. */
  static async start({ asksSupervisor = false, ...options }: SupervisedOptions = {}): Promise<SupervisedGateway> {
    const apiPort = asksSupervisor ? await freePort() : undefined;
    const internal = apiPort === undefined ? {} : { internal_listen_addr: `127.0.0.1:${apiPort}` };
    const process = await SupervisedGateway.launch({ ...options, config: { ...options.config, ...internal } });
    const early = process.ended.then(({ code, stderr }) => {
      throw new Error(`the gateway ended with ${code}:\n${stderr}`);
    });
    const { port } = await Promise.race([process.ready, early]);
    early.catch(() => undefined);
    return new SupervisedGateway(process, port, apiPort ?? port);
  }

  async get(path: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.apiPort}${path}`, init);
    return response.text();
  }

  post(path: string, body?: string): Promise<string> {
    return this.get(path, { method: 'POST', body });
  }

  async connect(): Promise<RawWebSocket> {
    const client = await RawWebSocket.open(this.port, '/connect');
    onTestFinished(() => client.destroy());
    return client;
  }

  /**
   * Connects clients until every worker has at least `least`. The kernel decides which worker gets a
   * client.
   */
  async connectToAll(least: number): Promise<RawWebSocket[]> {
    const clients: RawWebSocket[] = [];
    for (;;) {
      clients.push(...(await Promise.all(Array.from({ length: 10 }, () => this.connect()))));
      const counts = await this.idsByWorker();
      const workers = await this.workers();
      if (workers.every((_, index) => (counts.get(index + 1)?.length ?? 0) >= least)) return clients;
    }
  }

  /** Ids of the open connections, by the number of their worker. */
  async idsByWorker(): Promise<Map<number, string[]>> {
    const listing = await this.get('/status?all=true');
    const byWorker = new Map<number, string[]>();
    for (const [id] of listing.matchAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g)) {
      const worker = Number.parseInt(id.slice(-6, -4), 16);
      byWorker.set(worker, [...(byWorker.get(worker) ?? []), id]);
    }
    return byWorker;
  }

  /** The workers, in the order of their numbers. */
  async workers(): Promise<ShownWorker[]> {
    const details = await this.get('/readyz');
    return [...details.matchAll(/^worker_\d+: (\w+)(?: pid=(\d+))?/gm)].map(([, state = '', pid]) => ({
      state,
      pid: Number(pid ?? 0),
    }));
  }

  /** Reads the event stream from its oldest event on. */
  async events(): Promise<EventStreamClient> {
    const client = await EventStreamClient.open(`http://127.0.0.1:${this.apiPort}/events?since=0`);
    await client.nextBlocks(PREAMBLE_BLOCKS);
    return client;
  }
}

/** Action and connection of an event of the stream. */
export function eventOf({ data = '{}' }: StreamBlock): { action: string; connection: string } {
  const event: { action: string; connection: string } = JSON.parse(data);
  return event;
}
