import type { Clock } from '../../core/clock.js';
import { LimitedLog } from '../../core/limited-log.js';
import type { Logger } from '../../core/logger.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import type { ConfiguredSink } from '../sinks/create-sinks.js';
import {
  DeliveryError,
  type EventSink,
  type RefusedEvent,
  type SinkReceipt,
  type StartPurpose,
} from '../sinks/event-sink.js';

const TOO_LATE = 'It is too late: another node has declared this one dead and closed the connection.';
const DOUBTFUL = 'Another node may have declared this one dead: nothing is delivered until that is known.';
/**
 * Pause between attempts of a sink that is away while this node may have been declared dead: when
 * both come back at the same time, the node learns first.
 */
const DOUBT_MS = 60_000;
const LOGGED_EACH_MS = 60_000;

export interface LateEventsDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Connections that another node has closed although this one has events of theirs. A backend must
 * not get these after the close event, so every sink refuses them: they go to its dead letters.
 */
export class LateEvents {
  /** Number of events that were refused, of all sinks together. */
  count = 0;
  readonly #connections = new Set<string>();
  readonly #clock: Clock;
  readonly #log: LimitedLog;
  #isHeld = false;
  #isDoubtful: () => boolean = () => false;

  constructor({ clock, log }: LateEventsDeps) {
    this.#clock = clock;
    this.#log = new LimitedLog(log, clock, LOGGED_EACH_MS);
  }

  /** Number of connections. */
  get size(): number {
    return this.#connections.size;
  }

  add(connections: Iterable<string>): void {
    for (const connection of connections) this.#connections.add(connection);
  }

  some(condition: (connection: string) => boolean): boolean {
    for (const connection of this.#connections) if (condition(connection)) return true;
    return false;
  }

  /** Forgets the connections: no event of theirs waits any more. */
  clear(): void {
    this.#connections.clear();
  }

  /** While held, no sink delivers anything. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  /** While this is true, a sink that is away is tried only once a minute. */
  doubtWhile(isDoubtful: () => boolean): void {
    this.#isDoubtful = isDoubtful;
  }

  /** The sink without late events. */
  wrap({ sink, ...rest }: ConfiguredSink): ConfiguredSink {
    return { ...rest, sink: new PunctualSink(sink, this) };
  }

  has({ connection }: GatewayEvent): boolean {
    return this.#connections.has(connection);
  }

  /**
   * Throws while nothing may be delivered. `awaySince`: time of the sink's last failure; undefined
   * after a success.
   */
  check(awaySince: number | undefined): void {
    const isPaused = awaySince !== undefined && this.#isDoubtful() && this.#clock.now() - awaySince < DOUBT_MS;
    if (this.#isHeld || isPaused) throw new DeliveryError('sink', DOUBTFUL);
  }

  now(): number {
    return this.#clock.now();
  }

  refused(event: GatewayEvent, sink: string): RefusedEvent {
    this.count += 1;
    this.#log.warn('cluster.late-event', { sink, id: event.id, connection: event.connection, refused: this.count });
    return { event, reason: TOO_LATE };
  }
}

/** A sink that refuses late events, and delivers all others through another one. */
class PunctualSink implements EventSink {
  readonly name: string;
  readonly #sink: EventSink;
  readonly #late: LateEvents;
  #awaySince: number | undefined;
  readonly maxBatchEvents?: number;
  readonly destinationOf?: (event: GatewayEvent) => string | undefined;

  constructor(sink: EventSink, late: LateEvents) {
    this.#sink = sink;
    this.#late = late;
    this.name = sink.name;
    if (sink.maxBatchEvents !== undefined) this.maxBatchEvents = sink.maxBatchEvents;
    if (sink.destinationOf !== undefined) this.destinationOf = (event) => sink.destinationOf?.(event);
  }

  get hindrance(): string | undefined {
    return this.#sink.hindrance;
  }

  start(purpose?: StartPurpose): Promise<void> {
    return this.#sink.start(purpose);
  }

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    this.#late.check(this.#awaySince);
    try {
      const receipt = await (this.#late.size === 0 ? this.#sink.deliver(batch) : this.#deliverPunctual(batch));
      this.#awaySince = receipt.failure?.blames === 'sink' ? this.#late.now() : undefined;
      return receipt;
    } catch (error) {
      this.#awaySince = this.#late.now();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#sink.stop();
  }

  async #deliverPunctual(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const punctual = batch.filter((event) => !this.#late.has(event));
    if (punctual.length === batch.length) return this.#sink.deliver(batch);
    const receipt: SinkReceipt =
      punctual.length === 0 ? { settled: 0, refused: [] } : await this.#sink.deliver(punctual);
    const next = punctual[receipt.settled];
    const settled = next === undefined ? batch.length : batch.indexOf(next);
    const late = batch.slice(0, settled).filter((event) => this.#late.has(event));
    const refused = [...receipt.refused, ...late.map((event) => this.#late.refused(event, this.name))];
    refused.sort((a, b) => a.event.sequence - b.event.sequence);
    return { ...receipt, settled, refused };
  }
}
