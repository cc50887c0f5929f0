import { formatEventId, type EventBoot, type GatewayEvent } from '../event/gateway-event.js';
import type { NewEvent } from './outbox.js';

/** An event with its place in the order. The id is formatted only when it is read. */
class AcceptedEvent implements GatewayEvent {
  readonly connection: string;
  readonly action: GatewayEvent['action'];
  readonly type: GatewayEvent['type'];
  readonly tags: string;
  readonly message: Uint8Array | undefined;
  readonly reason: GatewayEvent['reason'];
  readonly destinations: GatewayEvent['destinations'];

  readonly #boot: EventBoot;
  readonly #idSequence: number;

  constructor(
    boot: EventBoot,
    readonly sequence: number,
    /** Sequence in the id: lower than `sequence` when events of an earlier boot come first. */
    idSequence: number,
    event: NewEvent,
  ) {
    this.#boot = boot;
    this.#idSequence = idSequence;
    this.connection = event.connection;
    this.action = event.action;
    this.type = event.type;
    this.tags = event.tags;
    this.message = event.message;
    this.reason = event.reason;
    this.destinations = event.destinations;
  }

  get id(): string {
    return formatEventId(this.#boot, this.#idSequence);
  }
}

/** An event of a lost node, with the id that this node gave it. */
class AdoptedEvent extends AcceptedEvent {
  readonly #originalId: string;

  constructor(originalId: string, ...place: ConstructorParameters<typeof AcceptedEvent>) {
    super(...place);
    this.#originalId = originalId;
  }

  override get id(): string {
    return this.#originalId;
  }

  get placeId(): string {
    return super.id;
  }
}

/**
 * Gives an event its place. Hot: runs once for each event. `idSequence` is lower than `sequence`
 * when events of an earlier boot come first.
 */
export function acceptedEvent(boot: EventBoot, sequence: number, idSequence: number, event: NewEvent): AcceptedEvent {
  const { originalId } = event;
  return originalId === undefined
    ? new AcceptedEvent(boot, sequence, idSequence, event)
    : new AdoptedEvent(originalId, boot, sequence, idSequence, event);
}
