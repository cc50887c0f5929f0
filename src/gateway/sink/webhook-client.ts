import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../../core/clock.js';
import { systemErrorCode } from '../../core/error.js';

/** What is kept of an answer: its body is read away, bounded, and never looked at. */
export interface WebhookAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

export interface WebhookClientOptions {
  readonly url: URL;
  /** Longest wait for the head of an answer, connecting included. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Longer bodies cost the connection instead of the time to read them. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Posts over one kept-alive connection, one request at a time. Follows no redirect. */
export class WebhookClient {
  private readonly agent: HttpAgent | HttpsAgent;
  private current: ClientRequest | undefined;

  constructor(private readonly options: WebhookClientOptions) {
    const agentOptions = { keepAlive: true, maxSockets: 1, noDelay: true };
    this.agent = options.url.protocol === 'https:' ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  }

  /** Rejects when no answer comes. */
  async post(body: Buffer, headers: Readonly<Record<string, string>>): Promise<WebhookAnswer> {
    try {
      return await this.send(body, headers);
    } catch (error) {
      // The receiver closed the idle connection while the request was on its way: that says nothing about the receiver.
      if (this.current?.reusedSocket !== true || systemErrorCode(error) !== 'ECONNRESET') throw error;
      return await this.send(body, headers);
    }
  }

  /** Gives up what is under way. Idempotent. */
  close(): void {
    this.current?.destroy(new Error('The sink was stopped.'));
    this.agent.destroy();
  }

  private send(body: Buffer, headers: Readonly<Record<string, string>>): Promise<WebhookAnswer> {
    const { url, timeoutMs, clock } = this.options;
    return new Promise((resolve, reject) => {
      const request = this.open(url, { ...headers, 'content-length': String(body.length) });
      this.current = request;
      const cancel = clock.schedule(
        () => request.destroy(new Error(`There was no answer within ${timeoutMs} ms.`)),
        timeoutMs,
      );
      request.on('error', (error) => {
        cancel();
        reject(error);
      });
      request.once('response', (response) => {
        readAway(response, () => {
          cancel();
          resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
        });
      });
      request.end(body);
    });
  }

  private open(url: URL, headers: Readonly<Record<string, string>>): ClientRequest {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return request(url, { method: 'POST', agent: this.agent, headers });
  }
}

/** The status is known: whatever happens to the rest of the answer changes nothing. */
function readAway(response: IncomingMessage, done: () => void): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) response.destroy();
  });
  response.on('error', () => undefined);
  response.once('close', done);
}
