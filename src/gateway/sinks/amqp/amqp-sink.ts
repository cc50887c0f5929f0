import type { Clock } from '../../../core/clock.js';
import { errorMessage } from '../../../core/error.js';
import { AmqpLink, type AmqpConfirm, type AmqpMessage } from './amqp-driver.js';
import { encodeEventJson } from '../../event/event-json.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import { maskUrl } from '../../../core/masked-url.js';
import { BatchOutcome, inOneWave, wavesOfConnections } from '../batch-outcome.js';
import { encodeOrRefuse } from '../encode-or-refuse.js';
import type { Blame, EventSink, SinkDeps, SinkFailure, SinkReceipt, StartPurpose } from '../event-sink.js';
import { SinkLink } from '../sink-link.js';

/** Holds credentials: never to be logged. */
export interface AmqpSinkConfig {
  readonly addr: string;
  /** '': the default exchange. */
  readonly exchange: string;
  readonly queue: string | undefined;
  /** May be a template. */
  readonly routingKey: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The limit of a short string in AMQP. */
const MAX_ROUTING_KEY_BYTES = 255;
const NACKED: SinkFailure = {
  blames: 'destination',
  reason: 'The broker did not take it: a queue behind it may be full.',
};

/**
 * Publishes a batch at once on a confirm channel and settles what the broker confirms. Connects on
 * demand.
 */
export class AmqpSink implements EventSink {
  readonly name = 'amqp';
  readonly #link: SinkLink<AmqpLink>;
  /**
   * The broker has negatively acknowledged a message and may take the next one. From then on, one
   * message of a connection is in flight at a time.
   */
  #isCareful = false;
  /**
   * A message was returned in the last batch, and its connection's messages must not overtake it.
   */
  #hasReturned = false;
  readonly #routingKey: string;

  readonly #config: AmqpSinkConfig;
  readonly #clock: Clock;
  readonly #position: number;

  constructor(config: AmqpSinkConfig, { clock, position }: SinkDeps) {
    this.#config = config;
    this.#clock = clock;
    this.#position = position;
    this.#link = new SinkLink({
      sink: this.name,
      peer: 'AMQP broker',
      shownAddr: maskUrl(config.addr),
      hint: 'Check user, password and virtual host in stream_amqp.addr; exchange and queue must be durable, the exchange a topic exchange.',
      open: (purpose, giveUp) => AmqpLink.open({ ...config, ...declarations(config, purpose), giveUp }),
      clock,
    });
    const isToQueue = config.exchange === '' && config.routingKey === '';
    this.#routingKey = isToQueue ? (config.queue ?? '') : config.routingKey;
  }

  /** The broker's reason for blocking the connection. */
  get hindrance(): string | undefined {
    return this.#link.current?.blockedBecause;
  }

  destinationOf({ destinations }: GatewayEvent): string | undefined {
    return this.#config.routingKey.includes('{') ? destinations?.[this.#position] : undefined;
  }

  start(purpose: StartPurpose = 'deliver'): Promise<void> {
    return this.#link.start(purpose);
  }

  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    return this.#link.finishing(this.#publishBatch(batch));
  }

  stop(): Promise<void> {
    return this.#link.stop();
  }

  async #publishBatch(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const link = await this.#link.opened();
    const outcome = new BatchOutcome(batch);
    this.#watchReturns(link, batch, outcome);
    const timestamp = Math.floor(this.#clock.wallNow() / 1000);
    const isInWaves = this.#isCareful || this.#hasReturned;
    for (const wave of isInWaves ? wavesOfConnections(batch) : inOneWave(batch)) {
      await Promise.all(wave.map(([index, event]) => this.#publish(link, event, { index, outcome, timestamp })));
      if (outcome.hasFailure) break;
      if (isInWaves) passOverConnections(batch, outcome);
    }
    const receipt = outcome.receipt();
    this.#hasReturned = receipt.failed !== undefined;
    return this.#explain(link, batch, receipt);
  }

  /** Resolves once the event has an outcome. */
  #publish(link: AmqpLink, event: GatewayEvent, { index, outcome, timestamp }: Publishing): Promise<void> {
    if (!outcome.isPending(index)) return Promise.resolve();
    const routingKey = event.destinations?.[this.#position] ?? this.#routingKey;
    if (Buffer.byteLength(routingKey) > MAX_ROUTING_KEY_BYTES) {
      outcome.refused(index, 'The routing key is longer than 255 bytes.');
      return Promise.resolve();
    }
    const content = encodeOrRefuse(event, (each) => Buffer.from(encodeEventJson(each)));
    if (!Buffer.isBuffer(content)) {
      outcome.refused(index, content.reason);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const confirmed = (confirm: AmqpConfirm, why?: string) => {
        this.#settle(confirm, { index, outcome, why: why ?? link.closedBecause });
        resolve();
      };
      try {
        link.publish(this.#message(event, { routingKey, content, timestamp }), confirmed);
      } catch (error) {
        confirmed('lost', errorMessage(error));
      }
    });
  }

  #settle(confirm: AmqpConfirm, { index, outcome, why }: Settling): void {
    if (confirm === 'acked') return outcome.taken(index);
    if (confirm === 'nacked') this.#isCareful = true;
    if (confirm === 'nacked') outcome.failed(index, NACKED);
    else outcome.failed(index, { blames: 'attempt', reason: why ?? 'The connection was lost.' });
  }

  #message(event: GatewayEvent, { routingKey, content, timestamp }: Composed): AmqpMessage {
    const { headers } = this.#config;
    return {
      routingKey,
      messageId: event.id,
      content,
      headers: event.reason === undefined ? headers : { ...headers, reason: event.reason },
      timestamp,
    };
  }

  /**
   * Handles messages that no queue takes. The configured queue takes everything of a named
   * exchange, and messages with its name on the default one. When it is gone, the next link
   * declares it again.
   */
  #watchReturns(link: AmqpLink, batch: readonly GatewayEvent[], outcome: BatchOutcome): void {
    let indexes: ReadonlyMap<string, number> | undefined;
    link.onReturned = (messageId, why) => {
      indexes ??= new Map(batch.map((event, index) => [event.id, index]));
      const index = indexes.get(messageId);
      const event = index === undefined ? undefined : batch[index];
      if (index === undefined || event === undefined) return;
      const failure: SinkFailure = { blames: 'destination', reason: `No queue takes it: ${why}.` };
      if (this.#isToOwnQueue(event)) link.abandon('the queue is gone');
      if (this.#isToOwnQueue(event) || this.destinationOf(event) === undefined) outcome.failed(index, failure);
      else outcome.passed(index, failure);
    };
  }

  #isToOwnQueue({ destinations }: GatewayEvent): boolean {
    const { exchange, queue } = this.#config;
    if (queue === undefined) return false;
    return exchange !== '' || (destinations?.[this.#position] ?? this.#routingKey) === queue;
  }

  /**
   * Adds the reason why the batch is not settled. When the broker has closed the channel, the cause
   * is the first unsettled message or one near it.
   */
  #explain(link: AmqpLink, batch: readonly GatewayEvent[], receipt: SinkReceipt): SinkReceipt {
    if (receipt.settled === batch.length) return receipt;
    const { failure } = receipt;
    const blames = blameOf(link.refused) ?? failure?.blames ?? 'attempt';
    const reason = link.closedBecause ?? failure?.reason ?? 'The broker did not take all of a batch.';
    if (receipt.settled === 0) throw this.#link.away({ blames, reason });
    return { ...receipt, failure: { blames, reason } };
  }
}

/** With `look`, nothing is declared at the broker. */
function declarations({ exchange, queue }: AmqpSinkConfig, purpose: StartPurpose) {
  return purpose === 'deliver' ? { exchange, queue } : { exchange: '', queue: undefined };
}

interface Publishing {
  readonly index: number;
  readonly outcome: BatchOutcome;
  readonly timestamp: number;
}

interface Settling {
  readonly index: number;
  readonly outcome: BatchOutcome;
  readonly why: string | undefined;
}

interface Composed {
  readonly routingKey: string;
  readonly content: Buffer;
  readonly timestamp: number;
}

function blameOf(refused: AmqpLink['refused']): Blame | undefined {
  return refused === 'message' ? 'event' : refused;
}

/** Keeps the later events of a connection from overtaking one that was returned. */
function passOverConnections(batch: readonly GatewayEvent[], outcome: BatchOutcome): void {
  const behind = new Map<string, SinkFailure>();
  for (const [index, { connection }] of batch.entries()) {
    const before = behind.get(connection);
    const own = outcome.passedOver(index);
    if (own !== undefined) behind.set(connection, own);
    else if (before !== undefined) outcome.passed(index, before);
  }
}
