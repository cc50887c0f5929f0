import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { WebhookSinkConfig } from '../config/sink-config.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import { maskUrl } from '../log/masked-url.js';
import type { EventSink, RefusedEvent, SinkReceipt } from './event-sink.js';
import type { TellLimit } from './message-limit.js';
import { waitAtMost } from './wait-at-most.js';
import { cutPiece, pieceHeaders, type WebhookPiece } from './webhook-body.js';
import { WebhookClient, type WebhookAnswer } from './webhook-client.js';
import { judgeAnswer, type WebhookVerdict } from './webhook-verdict.js';

/** Within the 5 s that every sink has to stop. */
const FINISH_MS = 4_000;

/**
 * Posts events as JSON, one request at a time. A 4xx is blamed on one event: requests are halved until it stands alone
 * and is refused, then they grow again.
 */
export class WebhookSink implements EventSink {
  readonly name = 'webhook';
  private readonly client: WebhookClient;
  private readonly shownUrl: string;
  /** Most events of the next request. */
  private pieceEvents: number;
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
    this.pieceEvents = config.maxBatchEvents;
  }

  /** Posts an empty batch: a receiver that refuses whatever is sent there is found out before the first event. */
  async start(): Promise<void> {
    const { maxBatchBytes: maxBytes } = this.config;
    this.tellLimit({ maxBytes, setting: 'stream_webhook.max_batch_bytes', encoding: 'json', effect: 'sent-alone' });
    const piece = cutPiece([], 0, this.limits());
    const { answer, verdict } = await this.post(piece);
    if (verdict.kind === 'away') throw this.awayError(answer);
    if (verdict.kind === 'taken' || verdict.blames === 'event') return;
    throw new WsgError('sink.refused', `The webhook sink was refused: ${this.shownUrl} answered ${answer.status}.`, {
      hint: 'It must answer 2xx to a POST of an empty batch; check address, secret and headers. Redirects are not followed.',
    });
  }

  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const delivering = this.deliverPieces(batch);
    this.underWay = delivering;
    return delivering;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.endPause?.();
    await waitAtMost(this.clock, this.underWay, FINISH_MS);
    this.client.close();
  }

  private async deliverPieces(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const refused: RefusedEvent[] = [];
    let settled = 0;
    while (settled < batch.length) {
      try {
        settled += await this.deliverPiece(cutPiece(batch, settled, this.limits()), refused);
      } catch (error) {
        if (settled === 0) throw error;
        break;
      }
    }
    return { settled, refused };
  }

  /** The number of events settled; 0 when the piece was refused and is to be cut smaller. Rejects when the receiver is away. */
  private async deliverPiece(piece: WebhookPiece, refused: RefusedEvent[]): Promise<number> {
    await this.pauseAsAsked();
    const { answer, verdict } = await this.post(piece);
    const { length } = piece.events;
    switch (verdict.kind) {
      case 'taken':
        this.pieceEvents = Math.min(this.config.maxBatchEvents, this.pieceEvents * 2);
        return length;
      case 'away':
        this.notBefore = this.clock.now() + verdict.retryAfterMs;
        throw this.awayError(answer);
      case 'refused':
        if (length > 1 && verdict.blames === 'event') {
          this.pieceEvents = Math.ceil(length / 2);
          return 0;
        }
        refused.push(...piece.events.map((event) => ({ event, reason: `The receiver answered ${answer.status}.` })));
        return length;
    }
  }

  private async post(piece: WebhookPiece): Promise<{ answer: WebhookAnswer; verdict: WebhookVerdict }> {
    if (this.isStopped) throw new Error('The webhook sink was stopped.');
    const headers = pieceHeaders(piece, this.config.secret, this.clock.wallNow());
    const answer = await this.client
      .post(piece.body, { ...this.config.headers, ...headers })
      .catch((cause: unknown) => {
        throw new Error(`The webhook receiver ${this.shownUrl} is away: ${errorMessage(cause)}`, { cause });
      });
    return { answer, verdict: judgeAnswer(answer.status, answer.retryAfter, this.clock.wallNow()) };
  }

  private awayError({ status }: WebhookAnswer): Error {
    return new Error(`The webhook receiver ${this.shownUrl} answered ${status}.`);
  }

  private limits() {
    return { maxEvents: this.pieceEvents, maxBytes: this.config.maxBatchBytes };
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
