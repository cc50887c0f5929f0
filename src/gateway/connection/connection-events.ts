import type { EndpointConfig } from '../config/gateway-config.js';
import { EventTagsEncoder } from '../event/event-tags.js';
import type { Outbox } from '../outbox/outbox.js';
import type { CloseReasonName } from './close-reason.js';
import type { Connection } from './connection.js';
import type { ClientMessage } from './held-messages.js';

/** Appends the events of connections to the outbox. Each call returns the event's sequence, or 0 when the outbox is at its bound. */
export class ConnectionEvents {
  readonly #outbox: Outbox;
  readonly #encoders: ReadonlyMap<string, EventTagsEncoder>;

  constructor(outbox: Outbox, endpoints: readonly EndpointConfig[]) {
    this.#outbox = outbox;
    this.#encoders = new Map(endpoints.map(({ path, includeTags }) => [path, new EventTagsEncoder(includeTags)]));
  }

  opened(connection: Connection): number {
    return this.#outbox.append({ connection: connection.id, action: 'open', tags: this.#tags(connection) });
  }

  /** Hot: runs once a client's message. */
  received(connection: Connection, { payload, binary }: ClientMessage): number {
    const tags = this.#tags(connection);
    const type = binary ? 'binary' : 'text';
    return this.#outbox.append({ connection: connection.id, action: 'message', type, tags, message: payload });
  }

  closed(connection: Connection, reason: CloseReasonName): number {
    return this.#outbox.append({ connection: connection.id, action: 'close', tags: this.#tags(connection), reason });
  }

  #tags(connection: Connection): string {
    return this.#encoders.get(connection.endpoint.path)?.encode(connection.tags) ?? '';
  }
}
