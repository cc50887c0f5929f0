import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';
import { silentLogger } from '../../src/core/logger.js';
import type { Connection } from '../../src/gateway/connection/connection.js';
import { ConnectionIdSource } from '../../src/gateway/connection/connection-id.js';
import { bufferLimitBytes, type Endpoint } from '../../src/gateway/connection/endpoint.js';
import { ConnectionRegistry } from '../../src/gateway/connection/registry.js';
import { Delivery } from '../../src/gateway/delivery/delivery.js';
import { chooseTransport } from '../../src/gateway/transport/choose-transport.js';
import type { Transport, TransportName } from '../../src/gateway/transport/transport.js';

/** Properties of the endpoint `/t` that a test may change. */
export type EndpointChanges = Partial<Omit<Endpoint, 'path'>>;

/** A message as a client received it. */
export interface ReceivedMessage {
  readonly text: string;
  readonly binary: boolean;
}

/** A client whose messages and close can be awaited. */
export class DeliveryClient {
  readonly received: ReceivedMessage[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (payload: Buffer, binary) => {
      this.received.push({ text: payload.toString(), binary });
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  get texts(): string[] {
    return this.received.map((message) => message.text);
  }

  /** Resolves with the messages once there are `count`. */
  async until(count: number): Promise<string[]> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.texts;
  }

  /** Stops reading from the network, until `resume`. */
  stall(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  leave(): void {
    this.#socket.close(1000);
  }

  cut(): void {
    this.#socket.terminate();
  }
}

/** A client and its connection. */
export interface DeliveryParty {
  readonly client: DeliveryClient;
  readonly connection: Connection;
}

/** Registry and delivery on a real transport, with clients. */
export class DeliveryFixture {
  readonly registry = new ConnectionRegistry(new ConnectionIdSource(7));
  readonly delivery: Delivery;
  readonly #endpoint: Endpoint;
  #transport: Transport | undefined;
  #url = '';
  readonly #clients: DeliveryClient[] = [];
  #wakeDrain: () => void = () => undefined;

  constructor(changes: EndpointChanges = {}, closeTimeoutMs = 5000) {
    this.delivery = new Delivery({ registry: this.registry, closeTimeoutMs });
    const maxQueueBytes = changes.maxQueueBytes ?? 64 * 1024 * 1024;
    this.#endpoint = {
      path: '/t',
      maxMessageBytes: 1024 * 1024,
      idleTimeoutS: 60,
      maxBufferedBytes: bufferLimitBytes(maxQueueBytes),
      compression: false,
      setTags: new Map([['foo', 'bar']]),
      includeTags: [],
      policy: 'close',
      lowWaterBytes: 64 * 1024,
      ...changes,
      maxQueueBytes,
    };
  }

  async start(name: TransportName): Promise<void> {
    const chosen = await chooseTransport(name);
    const { registry, delivery } = this;
    this.#transport = chosen.create<Connection>({
      listen: { host: '127.0.0.1', port: 0 },
      endpoints: [this.#endpoint],
      handler: {
        upgrade: () => ({ accept: true }),
        open: (socket) => registry.open(socket, this.#endpoint),
        message: () => undefined,
        drain: (connection) => {
          delivery.drained(connection);
          this.#wakeDrain();
        },
        dropped: (connection) => delivery.dropped(connection),
        closing: (connection) => delivery.closing(connection),
        close: (connection) => {
          registry.close(connection);
          this.#wakeDrain();
        },
      },
      http: (exchange) => exchange.answer({ status: 404 }),
      log: silentLogger,
    });
    delivery.start(this.#transport);
    const { port } = await this.#transport.listen();
    this.#url = `ws://127.0.0.1:${port}/t`;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.cut();
    this.delivery.stop();
    await this.#transport?.stop();
  }

  /** A client and its connection. */
  async connect(options: ClientOptions = { perMessageDeflate: false }): Promise<DeliveryParty> {
    const known = new Set(this.registry);
    const socket = new WebSocket(this.#url, options);
    const client = new DeliveryClient(socket);
    this.#clients.push(client);
    await once(socket, 'open');
    const connection = [...this.registry].find((candidate) => !known.has(candidate));
    if (connection === undefined) throw new Error('the connection is not in the registry');
    return { client, connection };
  }

  async connectMany(count: number): Promise<DeliveryParty[]> {
    const all: DeliveryParty[] = [];
    for (let index = 0; index < count; index += 1) all.push(await this.connect());
    return all;
  }

  setTag(connection: Connection, key: string, value: string): void {
    this.registry.setTags(connection, new Map([[key, value]]));
  }

  /** Resolves when a connection has drained or closed and `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wakeDrain = resolve;
      });
    }
  }
}
