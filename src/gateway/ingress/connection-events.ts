import type { EndpointConfig } from '../config/gateway-config.js';
import { EventTagsEncoder } from '../event/event-tags.js';
import type { Outbox } from '../outbox/outbox.js';
import { TemplateRouter, type DestinationTemplate, type EventRouter } from '../template/event-router.js';
import type { CloseReasonName } from '../close-reason.js';
import type { Connection } from '../connection/connection.js';
import type { ClientMessage } from './held-messages.js';

/** Encoder and router for the events of an endpoint's connections. */
interface EndpointEvents {
  readonly encoder: EventTagsEncoder;
  /** Undefined when every sink has one destination for all events. */
  readonly router: EventRouter | undefined;
}

/**
 * Is notified of each open and close event with its sequence, in the tick in which it was appended;
 * 0 if it was refused.
 */
export interface EventObserver {
  opened(connection: Connection, sequence: number): void;
  closed(connection: Connection, sequence: number, reason: CloseReasonName): void;
}

/**
 * Appends the events of connections to the outbox. Each call returns the event's sequence, or 0
 * when the outbox is at its bound.
 */
export class ConnectionEvents {
  readonly #outbox: Outbox;
  readonly #observer: EventObserver | undefined;
  readonly #endpoints: ReadonlyMap<string, EndpointEvents>;

  /** `templates` is undefined when no sink has a placeholder in its destination. */
  constructor(
    outbox: Outbox,
    endpoints: readonly EndpointConfig[],
    templates: readonly DestinationTemplate[] | undefined,
    observer?: EventObserver,
  ) {
    this.#outbox = outbox;
    this.#observer = observer;
    this.#endpoints = new Map(
      endpoints.map(({ path, includeTags, jsonExtractVars }) => {
        const router = templates && new TemplateRouter(templates, jsonExtractVars);
        return [path, { encoder: new EventTagsEncoder(includeTags), router }];
      }),
    );
  }

  opened(connection: Connection): number {
    const sequence = this.#append(connection, 'open', undefined);
    this.#observer?.opened(connection, sequence);
    return sequence;
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
      reason: undefined,
      destinations: router?.route(connection.tags, payload),
    });
  }

  closed(connection: Connection, reason: CloseReasonName): number {
    const sequence = this.#append(connection, 'close', reason);
    this.#observer?.closed(connection, sequence, reason);
    return sequence;
  }

  /** Notes what the close event would say now. */
  retagged(connection: Connection): void {
    const { encoder, router } = this.#of(connection);
    this.#outbox.retagged({
      connection: connection.id,
      tags: encoder.encode(connection.tags),
      destinations: router?.route(connection.tags, undefined),
    });
  }

  /**
   * An event without message. Fields as those of messages, in their order: what reads events meets
   * one kind of object.
   */
  #append(connection: Connection, action: 'open' | 'close', reason: CloseReasonName | undefined): number {
    const { encoder, router } = this.#of(connection);
    return this.#outbox.append({
      connection: connection.id,
      action,
      type: undefined,
      tags: encoder.encode(connection.tags),
      message: undefined,
      reason,
      destinations: router?.route(connection.tags, undefined),
    });
  }

  #of({ endpoint: { path } }: Connection): EndpointEvents {
    const known = this.#endpoints.get(path);
    if (known === undefined) throw new Error(`no endpoint is configured at ${path}`);
    return known;
  }
}
