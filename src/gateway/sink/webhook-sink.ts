import type { Clock } from '../../core/clock.js';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import type { WebhookSinkConfig } from '../config/sink-config.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import { maskUrl } from '../log/masked-url.js';
import { DeliveryError, type EventSink, type SinkReceipt } from './event-sink.js';
import type { TellLimit } from './message-limit.js';
import { waitAtMost } from './wait-at-most.js';
import { cutPiece, pieceHeaders, type WebhookPiece } from './webhook-body.js';
import { WebhookClient, type WebhookAnswer } from './webhook-client.js';
import { judgeAnswer, type WebhookVerdict } from './webhook-verdict.js';

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

/** Posts events as JSON, one request at a time. Which event a receiver dislikes the outbox finds out. */
export class WebhookSink implements EventSink {
  readonly name = 'webhook';
  readonly maxBatchEvents: number;
  private readonly client: WebhookClient;
  private readonly shownUrl: string;
  /** Monotonic; the receiver asked not to be called before. */
  private notBefore = 0;
  private isStopped = false;
  private underWay: Promise<unknown> = Promise.resolve();
  private endPause: (() => void) | undefined;

  constructor(
    private readonly config: WebhookSinkConfig,
    private readonly clock: Clock,
    private readonly tellLimit: TellLimit = () => undefined,
  ) {
    this.client = new WebhookClient({ url: new URL(config.url), timeoutMs: config.timeoutMs, clock });
    this.shownUrl = maskUrl(config.url);
    this.maxBatchEvents = config.maxBatchEvents;
  }

  /** Posts an empty batch: a receiver that refuses whatever is sent there is found out before the first event. */
  async start(): Promise<void> {
    const { maxBatchBytes: maxBytes } = this.config;
    this.tellLimit({ maxBytes, setting: 'stream_webhook.max_batch_bytes', encoding: 'json', effect: 'sent-alone' });
    const piece = cutPiece([], this.limits());
    const { answer, verdict } = await this.post(piece);
    if (verdict.kind === 'away') throw new Error(this.answered(answer));
    if (verdict.kind === 'taken' || verdict.blames === 'event') return;
    throw new WsgError('sink.refused', `The webhook sink was refused: ${this.shownUrl} answered ${answer.status}.`, {
      hint: 'It must answer 2xx to a POST of an empty batch; check address, secret and headers. Redirects are not followed.',
    });
  }

  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const delivering = this.deliverPiece(batch);
    this.underWay = delivering;
    return delivering;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.endPause?.();
    await waitAtMost(this.clock, this.underWay, FINISH_MS);
    this.client.close();
  }

  /** One request: it settles the events from the front that fit. */
  private async deliverPiece(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const piece = cutPiece(batch, this.limits());
    const { length } = piece.events;
    if (length === 0) return { settled: piece.refused.length, refused: piece.refused };
    await this.pauseAsAsked();
    const { answer, verdict } = await this.post(piece);
    if (verdict.kind === 'taken') return { settled: length, refused: [] };
    if (verdict.kind === 'away') this.notBefore = this.clock.now() + verdict.retryAfterMs;
    const isAboutEvent = verdict.kind === 'refused' && verdict.blames === 'event';
    // Address, credentials, method or rate are the receiver's absence, unless it answers so to some events alone: the outbox finds out.
    throw new DeliveryError(isAboutEvent ? 'event' : 'attempt', this.answered(answer));
  }

  private async post(piece: WebhookPiece): Promise<{ answer: WebhookAnswer; verdict: WebhookVerdict }> {
    if (this.isStopped) throw new DeliveryError('sink', 'The webhook sink was stopped.');
    const headers = pieceHeaders(piece, this.config.secret, this.clock.wallNow());
    const answer = await this.client
      .post(piece.body, { ...this.config.headers, ...headers })
      .catch((cause: unknown) => {
        const blames = UNREACHED.has(systemErrorCode(cause) ?? '') ? 'sink' : 'attempt';
        throw new DeliveryError(blames, `The webhook receiver ${this.shownUrl} is away: ${errorMessage(cause)}`, cause);
      });
    return { answer, verdict: judgeAnswer(answer.status, answer.retryAfter, this.clock.wallNow()) };
  }

  private answered({ status }: WebhookAnswer): string {
    return `The webhook receiver ${this.shownUrl} answered ${status}.`;
  }

  private limits() {
    return { maxEvents: this.maxBatchEvents, maxBytes: this.config.maxBatchBytes };
  }

  private async pauseAsAsked(): Promise<void> {
    const delayMs = this.notBefore - this.clock.now();
    if (delayMs <= 0 || this.isStopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.clock.schedule(resolve, delayMs);
      this.endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}
