import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';
import { STAMP_BYTES } from './message-stamp.js';
import { LARGEST_SIZE, readSize } from './messages.js';
import type { BuiltInDefaults } from './scenario-definition.js';

const MOST_SOCKETS = 64;
const REQUEST_TIMEOUT_MS = 30_000;
const METHOD = /^[A-Z]{1,16}$/;

/**
 * The request that publishes a message. `{{stamp}}` in the body becomes what recipients recognise
 * the message by, `{{id}}` anywhere its number.
 */
export interface PublishPlan {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Sends the requests that publish messages, over keep-alive connections. */
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

  /**
   * Resolves with the reason of a failure; undefined when the message was published. Never rejects.
   */
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

  /** Closes the connections. */
  stop(): void {
    this.#agent.destroy();
  }
}

function fill(template: string, id: number, stamp: string): string {
  return template.replaceAll('{{id}}', String(id)).replaceAll('{{stamp}}', stamp);
}

export function readPublish(options: OptionValues, { publishUrl }: BuiltInDefaults): PublishPlan {
  return {
    url: readUrl(options, publishUrl),
    method: readMethod(options),
    headers: options.value(OPTIONS.publishHeaders, []),
    body: readBody(options),
  };
}

function readUrl(options: OptionValues, otherwise: string): string {
  const { reader } = options;
  const setting = options.value(OPTIONS.publishUrl);
  if (setting === undefined) return otherwise;
  const url = reader.withScheme(setting, reader.text(setting) ?? otherwise, ['http', 'https']);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    reader.complain(setting, `'${url}' must be a URL such as http://127.0.0.1:5000/send?all=true`);
  }
  return url;
}

function readMethod(options: OptionValues): string {
  const method = options.value(OPTIONS.publishMethod, 'POST');
  if (!METHOD.test(method)) options.complain(OPTIONS.publishMethod, `'${method}' must be an HTTP method such as POST`);
  return method;
}

function readBody(options: OptionValues): string {
  const body = options.value(OPTIONS.publishBody);
  if (body === undefined) {
    const size = Math.min(readSize(options, STAMP_BYTES.published), LARGEST_SIZE);
    return `{{stamp}}${'.'.repeat(size - STAMP_BYTES.published)}`;
  }
  if (!body.includes('{{stamp}}')) {
    options.complain(OPTIONS.publishBody, 'it must contain {{stamp}}, which recipients recognise the message by');
  }
  if (options.has(OPTIONS.size)) options.complain(OPTIONS.publishBody, 'it has a size of its own; leave --size out');
  return body;
}
