import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../../../core/clock.js';
import { systemErrorCode } from '../../../core/error.js';

/**
 * The head of a response. Its body is discarded unread, within a limit on bytes and time.
 */
export interface WebhookAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

export interface WebhookClientOptions {
  readonly url: URL;
  /** Timeout for the head of a response, including the connection set-up. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Bodies that are longer or slower close the connection, which is cheaper than reading them. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_BODY_MS = 500;
/** Errors on a connection that the receiver has closed while it was idle. */
const CLOSED_IDLE: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE']);

/** Posts over one keep-alive connection, one request at a time. Does not follow redirects. */
export class WebhookClient {
  readonly #agent: HttpAgent | HttpsAgent;
  #current: ClientRequest | undefined;
  /** Resolves when the connection is free for the next request, or closed. */
  #exchange: Promise<void> = Promise.resolve();

  readonly #options: WebhookClientOptions;

  constructor(options: WebhookClientOptions) {
    this.#options = options;
    const agentOptions = { keepAlive: true, maxSockets: 1, noDelay: true };
    this.#agent = options.url.protocol === 'https:' ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  }

  /**
   * Resolves with the head of the response, before its body. Rejects when no head arrives.
   */
  async post(body: Buffer, headers: Readonly<Record<string, string>>): Promise<WebhookAnswer> {
    await this.#exchange;
    try {
      return await this.#send(body, headers);
    } catch (error) {
      // The receiver closed the idle connection while the request was on its way. This is a normal
      // race and says nothing about the receiver's state.
      if (this.#current?.reusedSocket !== true || !CLOSED_IDLE.has(systemErrorCode(error))) throw error;
      return await this.#send(body, headers);
    }
  }

  /** Aborts the request in flight. Idempotent. */
  close(): void {
    this.#current?.destroy(new Error('The sink was stopped.'));
    this.#agent.destroy();
  }

  #send(body: Buffer, headers: Readonly<Record<string, string>>): Promise<WebhookAnswer> {
    const { url, timeoutMs, clock } = this.#options;
    return new Promise((resolve, reject) => {
      const request = this.#open(url, { ...headers, 'content-length': String(body.length) });
      this.#current = request;
      const cancel = clock.schedule(
        () => request.destroy(new Error(`There was no answer within ${timeoutMs} ms.`)),
        timeoutMs,
      );
      request.on('error', (error) => {
        cancel();
        reject(error);
      });
      request.once('response', (response) => {
        cancel();
        this.#exchange = endExchange(request, response, clock);
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
      });
      request.end(body);
    });
  }

  #open(url: URL, headers: Readonly<Record<string, string>>): ClientRequest {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return request(url, { method: 'POST', agent: this.#agent, headers });
  }
}

/**
 * Waits for the end of an exchange whose head has arrived. A body that does not end, or a request
 * that is not read to its end, closes the connection.
 */
function endExchange(request: ClientRequest, response: IncomingMessage, clock: Clock): Promise<void> {
  const cancel = clock.schedule(() => request.destroy(), MAX_BODY_MS);
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) request.destroy();
  });
  response.on('error', () => undefined);
  return new Promise((resolve) => {
    request.once('close', () => {
      cancel();
      resolve();
    });
  });
}
