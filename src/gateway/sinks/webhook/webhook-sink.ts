import { createHmac } from 'node:crypto';
import { encodeEventJson } from '../../event/event-json.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import { encodeOrRefuse } from '../encode-or-refuse.js';
import { DeliveryError, type EventSink, type RefusedEvent, type SinkDeps, type SinkReceipt } from '../event-sink.js';
import { errorMessage, systemErrorCode, WsgError } from '../../../core/error.js';
import { maskUrl } from '../../../core/masked-url.js';
import { waitAtMost } from '../../../core/delay.js';
import { WebhookClient, type WebhookAnswer } from './webhook-client.js';

/** Holds credentials: never to be logged. */
export interface WebhookSinkConfig {
  readonly url: string;
  readonly secret: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBatchEvents: number;
  readonly maxBatchBytes: number;
  readonly timeoutMs: number;
}

/** Limits of one request. A single event may exceed `maxBytes`. */
export interface WebhookLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/**
 * One request: the events from the front of a batch that fit, and the body; or the first event
 * when it cannot be encoded.
 */
export interface WebhookPiece {
  readonly events: readonly GatewayEvent[];
  readonly refused: readonly RefusedEvent[];
  readonly body: Buffer;
}

const HEAD = '{"events":[';
const TAIL = ']}';

/**
 * Cuts the next request from the front of a batch. An event that cannot be encoded ends the
 * request; at the front it is refused.
 */
export function cutPiece(batch: readonly GatewayEvent[], limits: WebhookLimits): WebhookPiece {
  const texts: string[] = [];
  let bytes = HEAD.length + TAIL.length;
  for (const event of batch.slice(0, limits.maxEvents)) {
    const encoded = encodeOrRefuse(event, encodeWebhookEvent);
    if (typeof encoded !== 'string') {
      if (texts.length > 0) break;
      return { events: [], refused: [encoded], body: Buffer.alloc(0) };
    }
    bytes += Buffer.byteLength(encoded) + 1;
    if (bytes > limits.maxBytes && texts.length > 0) break;
    texts.push(encoded);
  }
  const body = Buffer.from(HEAD + texts.join(',') + TAIL);
  return { events: batch.slice(0, texts.length), refused: [], body };
}

/** The JSON of the event, with its id and the reason of a close. */
function encodeWebhookEvent(event: GatewayEvent): string {
  const reason = event.reason === undefined ? '' : `"reason":"${event.reason}",`;
  return `{"id":"${event.id}",${reason}${encodeEventJson(event).slice(1)}`;
}

/** Headers with which a receiver checks the sender, the time and the repetition of a request. */
export function pieceHeaders(piece: WebhookPiece, secret: string | undefined, wallNow: number): Record<string, string> {
  const timestamp = String(Math.floor(wallNow / 1000));
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-wsg-delivery': deliveryId(piece.events),
    'x-wsg-timestamp': timestamp,
  };
  if (secret !== undefined) {
    const hmac = createHmac('sha256', secret).update(`${timestamp}.`).update(piece.body);
    headers['x-wsg-signature'] = `sha256=${hmac.digest('hex')}`;
  }
  return headers;
}

/** Repeated requests with the same events have the same id. */
function deliveryId(events: readonly GatewayEvent[]): string {
  const [first] = events;
  return first === undefined ? 'start' : `${first.id}+${events.length}`;
}

/** The meaning of a response for the events of its request. */
export type WebhookVerdict =
  | { readonly kind: 'taken' }
  /** The receiver is away: send again, after `retryAfterMs` at the earliest. */
  | { readonly kind: 'away'; readonly retryAfterMs: number }
  /**
   * Refused for good. `blames`: either one event may be at fault, or the receiver refuses all
   * requests.
   */
  | { readonly kind: 'refused'; readonly blames: 'event' | 'request' };

/** 4xx statuses that ask for the same request later. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** Statuses about address, credentials or method, for which no single event is at fault. */
const ABOUT_REQUEST: ReadonlySet<number> = new Set([401, 402, 403, 404, 405, 407, 410, 421, 426, 451, 511]);

/** The upper limit on `Retry-After`. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * 2xx: taken. 408, 425, 429 and 5xx: away. All other 4xx: refused. 3xx: refused too, because
 * redirects are never followed.
 */
export function judgeAnswer(status: number, retryAfter: string | undefined, wallNow: number): WebhookVerdict {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status >= 500 || status < 200 || LATER.has(status)) {
    return { kind: 'away', retryAfterMs: retryAfterMs(retryAfter, wallNow) };
  }
  return { kind: 'refused', blames: status < 400 || ABOUT_REQUEST.has(status) ? 'request' : 'event' };
}

/** Reads seconds or an HTTP date; 0 when the header is missing or invalid. */
function retryAfterMs(text: string | undefined, wallNow: number): number {
  if (text === undefined) return 0;
  const delay = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - wallNow;
  return Number.isNaN(delay) ? 0 : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, delay));
}

/** Leaves a margin within the 5 s that a sink may take to stop. */
const FINISH_MS = 4_000;

/** Errors that mean that the receiver was not reached, so that no event can be at fault. */
const UNREACHED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOENT',
]);

/**
 * Posts events as JSON, one request at a time. When a receiver rejects a request, the outbox finds
 * out which event is at fault.
 */
export class WebhookSink implements EventSink {
  readonly name = 'webhook';
  readonly maxBatchEvents: number;
  readonly #client: WebhookClient;
  readonly #shownUrl: string;
  /** The monotonic time of the next request, as the receiver asked for. */
  #notBefore = 0;
  #isStopped = false;
  #underWay: Promise<unknown> = Promise.resolve();
  #endPause: (() => void) | undefined;

  readonly #config: WebhookSinkConfig;
  readonly #deps: SinkDeps;

  constructor(config: WebhookSinkConfig, deps: SinkDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#client = new WebhookClient({ url: new URL(config.url), timeoutMs: config.timeoutMs, clock: deps.clock });
    this.#shownUrl = maskUrl(config.url);
    this.maxBatchEvents = config.maxBatchEvents;
  }

  /**
   * Posts an empty batch. This detects a receiver that refuses every request before the first event
   * is sent.
   */
  async start(): Promise<void> {
    const { maxBatchBytes: maxBytes } = this.#config;
    this.#deps.reportLimit({
      maxBytes,
      setting: 'stream_webhook.max_batch_bytes',
      encoding: 'json',
      effect: 'sent-alone',
    });
    const piece = cutPiece([], this.#limits());
    const { answer, verdict } = await this.#post(piece);
    if (verdict.kind === 'away') throw new Error(this.#answered(answer));
    if (verdict.kind === 'taken' || verdict.blames === 'event') return;
    throw new WsgError('sink.refused', `The webhook sink was refused: ${this.#shownUrl} answered ${answer.status}.`, {
      hint: 'It must answer 2xx to a POST of an empty batch; check address, secret and headers. Redirects are not followed.',
    });
  }

  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const delivering = this.#deliverPiece(batch);
    this.#underWay = delivering;
    return delivering;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endPause?.();
    await waitAtMost(this.#deps.clock, this.#underWay, FINISH_MS);
    this.#client.close();
  }

  /** Sends one request, which settles the events from the front that fit. */
  async #deliverPiece(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const piece = cutPiece(batch, this.#limits());
    const { length } = piece.events;
    if (length === 0) return { settled: piece.refused.length, refused: piece.refused };
    await this.#pauseAsAsked();
    const { answer, verdict } = await this.#post(piece);
    if (verdict.kind === 'taken') return { settled: length, refused: [] };
    if (verdict.kind === 'away') this.#notBefore = this.#deps.clock.now() + verdict.retryAfterMs;
    const isAboutEvent = verdict.kind === 'refused' && verdict.blames === 'event';
    // A status about address, credentials, method or rate means that the receiver is away, unless
    // only some events get it. The outbox finds out which.
    throw new DeliveryError(isAboutEvent ? 'event' : 'attempt', this.#answered(answer));
  }

  async #post(piece: WebhookPiece): Promise<{ answer: WebhookAnswer; verdict: WebhookVerdict }> {
    if (this.#isStopped) throw new DeliveryError('sink', 'The webhook sink was stopped.');
    const headers = pieceHeaders(piece, this.#config.secret, this.#deps.clock.wallNow());
    const answer = await this.#client
      .post(piece.body, { ...this.#config.headers, ...headers })
      .catch((cause: unknown) => {
        const blames = UNREACHED.has(systemErrorCode(cause) ?? '') ? 'sink' : 'attempt';
        throw new DeliveryError(
          blames,
          `The webhook receiver ${this.#shownUrl} is away: ${errorMessage(cause)}`,
          cause,
        );
      });
    return { answer, verdict: judgeAnswer(answer.status, answer.retryAfter, this.#deps.clock.wallNow()) };
  }

  #answered({ status }: WebhookAnswer): string {
    return `The webhook receiver ${this.#shownUrl} answered ${status}.`;
  }

  #limits() {
    return { maxEvents: this.maxBatchEvents, maxBytes: this.#config.maxBatchBytes };
  }

  async #pauseAsAsked(): Promise<void> {
    const delayMs = this.#notBefore - this.#deps.clock.now();
    if (delayMs <= 0 || this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.schedule(resolve, delayMs);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}
