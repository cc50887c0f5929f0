import type { EndpointConfig } from '../config/gateway-config.js';
import type { EventDestinations } from '../event/event-destinations.js';
import { EventTagsEncoder } from '../event/event-tags.js';
import type { Outbox } from '../outbox/outbox.js';
import { TemplateRouter, type EventRouter } from '../template/event-router.js';
import type { CloseReasonName } from './close-reason.js';
import type { Connection } from './connection.js';
import type { ClientMessage } from './held-messages.js';

/** What the events of an endpoint's connections are made with. */
interface EndpointEvents {
  readonly encoder: EventTagsEncoder;
  /** Undefined when every sink has one place for all events. */
  readonly router: EventRouter | undefined;
}

/** Appends the events of connections to the outbox. Each call returns the event's sequence, or 0 when the outbox is at its bound. */
export class ConnectionEvents {
  readonly #outbox: Outbox;
  readonly #endpoints: ReadonlyMap<string, EndpointEvents>;

  /** `templates` is undefined when no sink has a placeholder in its destination. */
  constructor(outbox: Outbox, endpoints: readonly EndpointConfig[], templates: EventDestinations | undefined) {
    this.#outbox = outbox;
    this.#endpoints = new Map(
      endpoints.map(({ path, includeTags, jsonExtractVars }) => {
        const router = templates && new TemplateRouter(templates, jsonExtractVars);
        return [path, { encoder: new EventTagsEncoder(includeTags), router }];
      }),
    );
  }

  opened(connection: Connection): number {
    return this.#outbox.append({ connection: connection.id, action: 'open', ...this.#about(connection) });
  }

  /** Hot: runs once a client's message. */
  received(connection: Connection, { payload, binary }: ClientMessage): number {
    const { encoder, router } = this.#of(connection);
    return this.#outbox.append({
      connection: connection.id,
      action: 'message',
      type: binary ? 'binary' : 'text',
      tags: encoder.encode(connection.tags),
      message: payload,
      destinations: router?.route(connection.tags, payload),
    });
  }

  closed(connection: Connection, reason: CloseReasonName): number {
    return this.#outbox.append({ connection: connection.id, action: 'close', ...this.#about(connection), reason });
  }

  /** What events without a message say of a connection. */
  #about(connection: Connection): { tags: string; destinations: EventDestinations | undefined } {
    const { encoder, router } = this.#of(connection);
    return { tags: encoder.encode(connection.tags), destinations: router?.route(connection.tags, undefined) };
  }

  #of({ endpoint: { path } }: Connection): EndpointEvents {
    const known = this.#endpoints.get(path);
    if (known === undefined) throw new Error(`no endpoint is configured at ${path}`);
    return known;
  }
}
