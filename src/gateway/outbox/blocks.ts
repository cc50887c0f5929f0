import type { GatewayEvent } from '../event/gateway-event.js';
import type { SinkFailure } from '../sinks/event-sink.js';
import { Block, type Lane, type Moment } from './block.js';

/** All that is in the way of lanes: destinations that are away, and events that are suspected. */
export class Blocks {
  readonly destinations = new Map<string, Block>();
  readonly suspects = new Set<Block>();

  readonly #destinationOf: (event: GatewayEvent) => string | undefined;

  constructor(destinationOf: (event: GatewayEvent) => string | undefined) {
    this.#destinationOf = destinationOf;
  }

  *all(): Iterable<Block> {
    yield* this.destinations.values();
    yield* this.suspects;
  }

  /** The block of the event's destination; undefined when that takes events. */
  ofDestination(event: GatewayEvent): Block | undefined {
    if (this.destinations.size === 0) return undefined;
    const destination = this.#destinationOf(event);
    return destination === undefined ? undefined : this.destinations.get(destination);
  }

  /**
   * Puts the lane behind the block of its first event's destination, or behind one that begins with
   * this failure.
   */
  begin(lane: Lane, event: GatewayEvent, at: Moment, failure: SinkFailure): void {
    this.attach(lane, this.ofDestination(event) ?? this.#create(event, at, failure));
  }

  attach(lane: Lane, block: Block): void {
    lane.block = block;
    block.lanes.add(lane);
  }

  /** A block without lanes is gone. */
  detach(lane: Lane): void {
    const { block } = lane;
    lane.block = undefined;
    if (block === undefined) return;
    block.lanes.delete(lane);
    if (block.lanes.size > 0) return;
    this.suspects.delete(block);
    if (block.destination !== undefined) this.destinations.delete(block.destination);
  }

  #create(event: GatewayEvent, at: Moment, failure: SinkFailure): Block {
    const destination = failure.blames === 'destination' ? this.#destinationOf(event) : undefined;
    const block = new Block(destination, failure, at);
    if (destination === undefined) this.suspects.add(block);
    else this.destinations.set(destination, block);
    return block;
  }
}
