import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { AmqpSinkConfig } from '../config/sink-config.js';
import { AmqpLink, type AmqpConfirm, type AmqpMessage } from '../drivers/amqp.js';
import { BackendRefusal } from '../drivers/backend-refusal.js';
import { encodeEventJson } from '../event/event-json.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import { maskUrl } from '../log/masked-url.js';
import { BatchOutcome } from './batch-outcome.js';
import type { EventSink, SinkReceipt, StartPurpose } from './event-sink.js';
import { inOneWave, wavesOfConnections } from './publish-waves.js';
import { waitAtMost } from './wait-at-most.js';

/** Within the 5 s that every sink has to stop. */
const FINISH_MS = 4_000;
/** A short string of AMQP. */
const MAX_ROUTING_KEY_BYTES = 255;

/** Publishes a batch at once on a confirm channel and settles what the broker confirms. Connects when it has to. */
export class AmqpSink implements EventSink {
  readonly name = 'amqp';
  private link: AmqpLink | undefined;
  /** Nothing was published on the link yet: what it declared is there. */
  private isLinkFresh = false;
  /** So many of the next events go one by one: one of them makes the broker close the channel. */
  private suspects = 0;
  /** The broker has said no to a message for now, and may take the next: a connection has one under way at a time from then on. */
  private isCareful = false;
  private isStopped = false;
  private underWay: Promise<unknown> = Promise.resolve();
  private purpose: StartPurpose = 'deliver';
  private readonly giveUp = new AbortController();
  private readonly shownAddr: string;
  private readonly routingKey: string;

  constructor(
    private readonly config: AmqpSinkConfig,
    private readonly clock: Clock,
  ) {
    this.shownAddr = maskUrl(config.addr);
    const isToQueue = config.exchange === '' && config.routingKey === '';
    this.routingKey = isToQueue ? (config.queue ?? '') : config.routingKey;
  }

  start(purpose: StartPurpose = 'deliver'): Promise<void> {
    this.purpose = purpose;
    const starting = this.startLink();
    this.underWay = starting;
    return starting;
  }

  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const delivering = this.publishBatch(this.suspects > 0 ? batch.slice(0, 1) : batch);
    this.underWay = delivering;
    return delivering;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.giveUp.abort(new Error('the sink was stopped'));
    await waitAtMost(this.clock, this.underWay, FINISH_MS);
    await this.link?.close();
  }

  private async startLink(): Promise<void> {
    try {
      await this.openLink();
    } catch (error) {
      if (!(error instanceof BackendRefusal)) throw this.awayError(error);
      throw new WsgError('sink.refused', `The amqp sink was refused by ${this.shownAddr}: ${error.message}`, {
        hint: 'Check user, password and virtual host in stream_amqp.addr; exchange and queue must be durable, the exchange a topic exchange.',
        cause: error,
      });
    }
  }

  private async publishBatch(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const link = await this.openLink().catch((error: unknown) => {
      throw this.awayError(error);
    });
    const mayQueueBeGone = !this.isLinkFresh && this.config.exchange !== '' && this.config.queue !== undefined;
    this.isLinkFresh = false;
    const outcome = new BatchOutcome(batch);
    link.onReturned = whenReturned({ link, batch, outcome, mayQueueBeGone });
    const timestamp = Math.floor(this.clock.wallNow() / 1000);
    for (const wave of this.isCareful ? wavesOfConnections(batch) : inOneWave(batch)) {
      await Promise.all(wave.map(([index, event]) => this.publish(link, event, { index, outcome, timestamp })));
      if (outcome.hasFailure) break;
    }
    return this.settle(link, batch, outcome);
  }

  /** Resolves once the event has an outcome. */
  private publish(link: AmqpLink, event: GatewayEvent, { index, outcome, timestamp }: Publishing): Promise<void> {
    const message = this.message(event, timestamp);
    if (Buffer.byteLength(message.routingKey) > MAX_ROUTING_KEY_BYTES) {
      outcome.refused(index, 'The routing key is longer than 255 bytes.');
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const confirmed = (confirm: AmqpConfirm) => {
        if (confirm === 'acked') outcome.taken(index);
        else outcome.failed(index);
        if (confirm === 'nacked') this.isCareful = true;
        resolve();
      };
      try {
        link.publish(message, confirmed);
      } catch {
        confirmed('lost');
      }
    });
  }

  private message(event: GatewayEvent, timestamp: number): AmqpMessage {
    const { headers } = this.config;
    return {
      routingKey: event.destinations?.amqp ?? this.routingKey,
      messageId: event.id,
      content: Buffer.from(encodeEventJson(event)),
      headers: event.reason === undefined ? headers : { ...headers, reason: event.reason },
      timestamp,
    };
  }

  /** Makes the receipt, and finds the one event that makes the broker close the channel. */
  private async settle(link: AmqpLink, batch: readonly GatewayEvent[], outcome: BatchOutcome): Promise<SinkReceipt> {
    const receipt = outcome.receipt();
    this.suspects = Math.max(0, this.suspects - receipt.settled);
    if (receipt.settled === batch.length) return receipt;
    const why = link.closedBecause ?? 'The broker did not take all of a batch.';
    const [suspect] = batch;
    if (link.isMessageRefused && batch.length === 1 && suspect !== undefined) {
      this.suspects = Math.max(0, this.suspects - 1);
      return { settled: 1, refused: [{ event: suspect, reason: why }] };
    }
    if (link.isMessageRefused) this.suspects = batch.length - receipt.settled;
    if (receipt.settled === 0) throw this.awayError(new Error(why));
    return receipt;
  }

  private async openLink(): Promise<AmqpLink> {
    if (this.isStopped) throw new Error('the sink was stopped');
    if (this.link !== undefined && this.link.closedBecause === undefined) return this.link;
    await this.link?.close();
    this.link = undefined;
    const link = await AmqpLink.open({ ...this.config, ...this.declarations(), giveUp: this.giveUp.signal });
    this.link = link;
    // A stop that came meanwhile has closed what there was.
    if (this.isStopped) await link.close();
    this.isLinkFresh = true;
    return link;
  }

  /** Looking makes nothing at the broker. */
  private declarations() {
    const { exchange, queue } = this.config;
    return this.purpose === 'deliver' ? { exchange, queue } : { exchange: '', queue: undefined };
  }

  private awayError(cause: unknown): Error {
    return new Error(`The AMQP broker ${this.shownAddr} is away: ${errorMessage(cause)}`, { cause });
  }
}

interface Publishing {
  readonly index: number;
  readonly outcome: BatchOutcome;
  readonly timestamp: number;
}

interface Returning {
  readonly link: AmqpLink;
  readonly batch: readonly GatewayEvent[];
  readonly outcome: BatchOutcome;
  readonly mayQueueBeGone: boolean;
}

/**
 * A message that no queue takes is refused for good, unless our own queue, which takes everything, may be gone: then it
 * is to be offered again once the queue is declared again.
 */
function whenReturned({ link, batch, outcome, mayQueueBeGone }: Returning) {
  let indexes: ReadonlyMap<string, number> | undefined;
  return (messageId: string, why: string): void => {
    indexes ??= new Map(batch.map((event, index) => [event.id, index]));
    const index = indexes.get(messageId);
    if (index === undefined) return;
    if (!mayQueueBeGone) return outcome.refused(index, `No queue takes it: ${why}.`);
    outcome.failed(index);
    link.abandon('the queue is gone');
  };
}
