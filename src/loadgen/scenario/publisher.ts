import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { PublishPlan } from './built-in-plan.js';

const MOST_SOCKETS = 64;
const REQUEST_TIMEOUT_MS = 30_000;

/** Sends the requests that publish messages, over connections that are kept. */
export class Publisher {
  readonly #isTls: boolean;
  readonly #agent: HttpAgent;

  readonly #plan: PublishPlan;

  constructor(plan: PublishPlan) {
    this.#plan = plan;
    this.#isTls = plan.url.startsWith('https:');
    const options = { keepAlive: true, maxSockets: MOST_SOCKETS };
    this.#agent = this.#isTls ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Resolves with why the message was not published; undefined when it was. Never rejects. */
  async publish(id: number, stamp: string): Promise<string | undefined> {
    const url = fill(this.#plan.url, id, stamp);
    const body = Buffer.from(fill(this.#plan.body, id, stamp));
    const headers: Record<string, string> = { 'Content-Length': String(body.length) };
    for (const [name, value] of this.#plan.headers) headers[name] = fill(value, id, stamp);
    return new Promise((resolve) => {
      const send = this.#isTls ? requestHttps : requestHttp;
      const request = send(url, {
        method: this.#plan.method,
        headers,
        agent: this.#agent,
        timeout: REQUEST_TIMEOUT_MS,
      });
      request.once('timeout', () => request.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1000} s`)));
      request.once('error', (error) => resolve(error.message));
      request.once('response', (response: IncomingMessage) => {
        const status = response.statusCode ?? 0;
        response.resume();
        response.once('close', () => resolve(status >= 200 && status < 300 ? undefined : `it answered ${status}`));
      });
      request.end(body);
    });
  }

  /** Lets go of the connections. */
  stop(): void {
    this.#agent.destroy();
  }
}

function fill(template: string, id: number, stamp: string): string {
  return template.replaceAll('{{id}}', String(id)).replaceAll('{{stamp}}', stamp);
}
