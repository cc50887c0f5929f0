import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { freePort } from './broker-process.js';

/** One request as it arrived. */
export interface WebhookRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly events: readonly Readonly<Record<string, string>>[];
}

/** Answers a request, or leaves it unanswered. The default is an empty 200. */
export type WebhookAnswering = (request: WebhookRequest, response: ServerResponse) => void;

/**
 * A real HTTP receiver that keeps the events that it answered with 2xx. It keeps its port through
 * `stop` and `start`.
 */
export class WebhookReceiver {
  /** All requests, including the refused ones. */
  readonly requests: WebhookRequest[] = [];
  /** The events of the requests answered with 2xx, in order. */
  readonly taken: Readonly<Record<string, string>>[] = [];
  answering: WebhookAnswering = (_, response) => void response.end();
  #server: Server | undefined;

  private constructor(readonly port: number) {}

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(await freePort());
    await receiver.start();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/events`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const parsed: { events: Record<string, string>[] } = JSON.parse(body);
        this.#answer({ headers: request.headers, body, events: parsed.events }, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.#server = server;
  }

  dropConnections(): void {
    this.#server?.closeAllConnections();
  }

  /** Stops listening and drops all connections. Idempotent. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  #answer(request: WebhookRequest, response: ServerResponse): void {
    this.requests.push(request);
    this.answering(request, response);
    if (response.writableEnded && response.statusCode < 300) this.taken.push(...request.events);
  }
}
