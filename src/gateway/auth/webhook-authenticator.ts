import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HttpRequest } from '../transport/http/http-exchange.js';
import type { Clock } from '../../core/clock.js';
import { systemErrorCode } from '../../core/error.js';
import type { AuthWebhookConfig } from '../config/access-config.js';
import { HttpCaller, type BackendAnswer } from './http-caller.js';
import {
  unavailable,
  firstSpoken,
  offeredSubprotocols,
  type AuthOutcome,
  type Authenticator,
  tagValue,
} from './authenticator.js';
import { headerText } from '../transport/http/request-text.js';

const accepted = z.object({
  tags: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  subprotocol: z.string().optional(),
  /** Seconds since the Unix epoch. */
  expires_at: z.number().optional(),
});

/** Maximum size of a refusal's body that is passed on to the client. */
const MAX_REFUSAL_BYTES = 1024;
const PASSED_ON = ['www-authenticate', 'retry-after', 'content-type'] as const;

/**
 * Interprets a backend's answer: 2xx accepts, 4xx refuses with its status, anything else counts as
 * unavailable.
 */
export function readWebhookAnswer(
  answer: BackendAnswer,
  request: HttpRequest,
  subprotocols: readonly string[],
): AuthOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return readAccepted(answer, request, subprotocols);
  if (status >= 400 && status < 500) return readRefused(answer);
  return unavailable(`the backend answered ${status}`);
}

function readAccepted({ body }: BackendAnswer, { headers }: HttpRequest, subprotocols: readonly string[]): AuthOutcome {
  const parsed = accepted.safeParse(body.trim() === '' ? {} : parseJson(body));
  if (!parsed.success) return unavailable('the backend accepted with a body that is not of the documented form');
  const { tags, subprotocol, expires_at: expiresAtS } = parsed.data;
  if (subprotocol !== undefined && !offeredSubprotocols(headers).includes(subprotocol)) {
    return unavailable('the backend named a subprotocol that was not offered');
  }
  const grant = {
    tags: new Map(Object.entries(tags).map(([key, value]) => [key, tagValue(value) ?? ''])),
    expiresAtMs: expiresAtS === undefined ? undefined : expiresAtS * 1000,
  };
  return { accept: true, grant, subprotocol: subprotocol ?? firstSpoken(headers, subprotocols) };
}

function readRefused({ status, headers, body }: BackendAnswer): AuthOutcome {
  const passedOn: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = headers.get(name);
    if (value !== null) passedOn[name] = headerText(value);
  }
  if (status === 401) passedOn['www-authenticate'] ??= 'Bearer';
  const isShort = Buffer.byteLength(body) <= MAX_REFUSAL_BYTES;
  const rejection = { accept: false, status, headers: passedOn, body: isShort ? body : '' } as const;
  return { accept: false, why: `the backend answered ${status}`, isUnavailable: false, rejection };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_CACHED = 10_000;
/** Statuses of refusals that depend on the moment, not on the client. */
const NEVER_CACHED: ReadonlySet<number> = new Set([408, 425, 429]);

/** Asks a backend to decide on each upgrade. */
export class WebhookAuthenticator implements Authenticator {
  readonly #config: AuthWebhookConfig;
  readonly #subprotocols: readonly string[];
  readonly #clock: Clock;
  readonly #caller = new HttpCaller({ keepAlive: true });
  readonly #cache = new AnswerCache<AuthOutcome>(MAX_CACHED);

  /** `subprotocols` are those that the endpoint supports. */
  constructor(config: AuthWebhookConfig, subprotocols: readonly string[], clock: Clock) {
    this.#config = config;
    this.#subprotocols = subprotocols;
    this.#clock = clock;
  }

  async start(): Promise<void> {}

  async reload(): Promise<void> {}

  async decide(request: HttpRequest): Promise<AuthOutcome> {
    const body = JSON.stringify(this.#question(request));
    if (this.#config.cacheMs === 0) return this.#ask(body, request);
    const key = createHash('sha256').update(body).digest('base64');
    const known = this.#cache.get(key, this.#clock.now());
    if (known !== undefined && !isOver(known, this.#clock.wallNow())) return known;
    const outcome = await this.#ask(body, request);
    if (mayCache(outcome)) this.#cache.set(key, outcome, this.#clock.now() + this.#cacheMs(outcome));
    return outcome;
  }

  /**
   * Limits caching to the lifetime of the grant, so that setting the wall clock back does not
   * extend it.
   */
  #cacheMs(outcome: AuthOutcome): number {
    const expiresAtMs = outcome.accept ? outcome.grant.expiresAtMs : undefined;
    const { cacheMs } = this.#config;
    return expiresAtMs === undefined ? cacheMs : Math.min(cacheMs, expiresAtMs - this.#clock.wallNow());
  }

  /**
   * Builds the question to the backend. It contains everything that the answer may depend on,
   * because it is also the cache key.
   */
  #question({ path, query, headers, remoteAddress }: HttpRequest): unknown {
    const forwarded: Record<string, string> = {};
    for (const name of this.#config.forwardHeaders) {
      const value = headers.get(name);
      if (value !== undefined) forwarded[name] = value;
    }
    return { path, query, headers: forwarded, address: remoteAddress, subprotocols: offeredSubprotocols(headers) };
  }

  async #ask(body: string, request: HttpRequest): Promise<AuthOutcome> {
    const { url, headers, timeoutMs } = this.#config;
    try {
      const answer = await this.#caller.call({
        url,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        maxAnswerBytes: MAX_ANSWER_BYTES,
        signal: AbortSignal.timeout(timeoutMs),
      });
      return readWebhookAnswer(answer, request, this.#subprotocols);
    } catch (thrown) {
      return unavailable(explain(thrown, timeoutMs));
    }
  }
}

function isOver(outcome: AuthOutcome, wallNowMs: number): boolean {
  return outcome.accept && outcome.grant.expiresAtMs !== undefined && outcome.grant.expiresAtMs <= wallNowMs;
}

function mayCache(outcome: AuthOutcome): boolean {
  return outcome.accept || (!outcome.isUnavailable && !NEVER_CACHED.has(outcome.rejection.status));
}

/**
 * Describes a failure by names and system codes only, because messages may contain the URL with a
 * secret.
 */
function explain(thrown: unknown, timeoutMs: number): string {
  if (!(thrown instanceof Error)) return 'the backend cannot be asked';
  if (thrown.name === 'TimeoutError') return `the backend did not answer within ${timeoutMs} ms`;
  const code = systemErrorCode(thrown);
  if (code !== undefined) return `the backend cannot be reached: ${code}`;
  return thrown.message.startsWith('the answer') ? thrown.message : 'the backend cannot be asked';
}

interface Kept<V> {
  readonly value: V;
  readonly untilMs: number;
}

/** A bounded LRU cache of answers with an expiry. */
class AnswerCache<V> {
  readonly #maxEntries: number;
  readonly #kept = new Map<string, Kept<V>>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(key: string, nowMs: number): V | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    if (kept.untilMs <= nowMs) return undefined;
    this.#kept.set(key, kept);
    return kept.value;
  }

  set(key: string, value: V, untilMs: number): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, untilMs });
    if (this.#kept.size <= this.#maxEntries) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      break;
    }
  }
}
