import { LimitedLog } from '../../core/limited-log.js';
import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { CloseReasonName } from '../close-reason.js';
import type { Endpoint } from '../connection/endpoint.js';
import { EventTagsEncoder, type SharedTags } from '../event/event-tags.js';
import type { NewEvent } from '../outbox/outbox.js';
import { TemplateRouter, type DestinationTemplate, type EventRouter } from '../template/event-router.js';

/** An endpoint, as far as events without message depend on it. */
type ServedEndpoint = Pick<Endpoint, 'path' | 'includeTags'>;

export interface LostEventsDeps {
  readonly endpoints: readonly ServedEndpoint[];
  /** Destinations of the sinks; undefined when none has a placeholder. */
  readonly templates: readonly DestinationTemplate[] | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

const NO_VARIABLES: ReadonlyMap<string, string> = new Map();

/**
 * Makes the events of connections of a lost node. They are those that the node itself would have
 * made, if both have the same endpoints and sinks in their configuration.
 */
export class LostEvents {
  readonly #encoders: ReadonlyMap<string, EventTagsEncoder>;
  readonly #router: EventRouter | undefined;
  readonly #log: LimitedLog;

  constructor({ endpoints, templates, clock, log }: LostEventsDeps) {
    this.#encoders = new Map(endpoints.map(({ path, includeTags }) => [path, new EventTagsEncoder(includeTags)]));
    this.#router = templates && new TemplateRouter(templates, NO_VARIABLES);
    this.#log = new LimitedLog(log, clock);
  }

  open(connection: string, path: string, tags: SharedTags): NewEvent {
    return { connection, action: 'open', ...this.#common(path, tags) };
  }

  close(connection: string, path: string, tags: SharedTags, reason: CloseReasonName): NewEvent {
    return { connection, action: 'close', reason, ...this.#common(path, tags) };
  }

  #common(path: string, tags: SharedTags): Pick<NewEvent, 'tags' | 'destinations'> {
    const encoder = this.#encoders.get(path);
    if (encoder === undefined) {
      const hint = 'events of its connections go out without tags: give all nodes of a cluster the same endpoints';
      this.#log.warn('cluster.unknown-endpoint', { path, hint });
    }
    const destinations = this.#router?.route(tags, undefined);
    return { tags: encoder?.encode(tags) ?? '', ...(destinations && { destinations }) };
  }
}
