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

/** The most that one request holds; a single event may be larger. */
export interface WebhookLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/**
 * One request: the events from the front of a batch that fit, and its body; or the one at the front
 * that cannot be encoded.
 */
export interface WebhookPiece {
  readonly events: readonly GatewayEvent[];
  readonly refused: readonly RefusedEvent[];
  readonly body: Buffer;
}

const HEAD = '{"events":[';
const TAIL = ']}';

/**
 * Cuts the next request out of a batch, from its front. An event that cannot be encoded ends it; at
 * the front it is refused.
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

/** The fields of AMQP, the id, and the reason of a close. */
function encodeWebhookEvent(event: GatewayEvent): string {
  const reason = event.reason === undefined ? '' : `"reason":"${event.reason}",`;
  return `{"id":"${event.id}",${reason}${encodeEventJson(event).slice(1)}`;
}

/** What a receiver needs in order to tell who sent this, when, and whether it was sent before. */
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

/** The same events have the same one, however often they are sent. */
function deliveryId(events: readonly GatewayEvent[]): string {
  const [first] = events;
  return first === undefined ? 'start' : `${first.id}+${events.length}`;
}

/** What an answer of the receiver means for the events of its request. */
export type WebhookVerdict =
  | { readonly kind: 'taken' }
  /** To be sent again, not before `retryAfterMs`. */
  | { readonly kind: 'away'; readonly retryAfterMs: number }
  /**
   * Somebody in this request is refused for good. `blames` says whether one event may be at fault,
   * or all are refused alike.
   */
  | { readonly kind: 'refused'; readonly blames: 'event' | 'request' };

/** Answers that ask for the same request later, though they are 4xx. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** Answers about address, credentials or method: no single event is at fault. */
const ABOUT_REQUEST: ReadonlySet<number> = new Set([401, 402, 403, 404, 405, 407, 410, 421, 426, 451, 511]);

/** However long a receiver asks for, it is asked again after this time. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * 2xx is taken; 408, 425, 429 and 5xx are away; all other 4xx, and 3xx because redirects are never
 * followed, are refused.
 */
export function judgeAnswer(status: number, retryAfter: string | undefined, wallNow: number): WebhookVerdict {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status >= 500 || status < 200 || LATER.has(status)) {
    return { kind: 'away', retryAfterMs: retryAfterMs(retryAfter, wallNow) };
  }
  return { kind: 'refused', blames: status < 400 || ABOUT_REQUEST.has(status) ? 'request' : 'event' };
}

/** Seconds or an HTTP date; 0 when there is none that can be read. */
function retryAfterMs(text: string | undefined, wallNow: number): number {
  if (text === undefined) return 0;
  const delay = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - wallNow;
  return Number.isNaN(delay) ? 0 : Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, delay));
}

/** Within the 5 s that every sink has to stop. */
const FINISH_MS = 4_000;

/** What says that the receiver was not reached: no event can be at fault. */
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
 * Posts events as JSON, one request at a time. Which event a receiver dislikes the outbox finds
 * out.
 */
export class WebhookSink implements EventSink {
  readonly name = 'webhook';
  readonly maxBatchEvents: number;
  readonly #client: WebhookClient;
  readonly #shownUrl: string;
  /** Monotonic; the receiver asked not to be called before. */
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
   * Posts an empty batch: a receiver that refuses whatever is sent there is found out before the
   * first event.
   */
  async start(): Promise<void> {
    const { maxBatchBytes: maxBytes } = this.#config;
    this.#deps.tellLimit({
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

  /** One request: it settles the events from the front that fit. */
  async #deliverPiece(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const piece = cutPiece(batch, this.#limits());
    const { length } = piece.events;
    if (length === 0) return { settled: piece.refused.length, refused: piece.refused };
    await this.#pauseAsAsked();
    const { answer, verdict } = await this.#post(piece);
    if (verdict.kind === 'taken') return { settled: length, refused: [] };
    if (verdict.kind === 'away') this.#notBefore = this.#deps.clock.now() + verdict.retryAfterMs;
    const isAboutEvent = verdict.kind === 'refused' && verdict.blames === 'event';
    // Address, credentials, method or rate are the receiver's absence, unless it answers so to some
    // events alone: the outbox finds out.
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
