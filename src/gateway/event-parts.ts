import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { formatNode } from './connection/connection-id.js';
import type { EventBoot } from './event/gateway-event.js';
import type { ClusterMirror } from './mirror/cluster-mirror.js';
import { EventOutbox } from './outbox/event-outbox.js';
import type { EventGate } from './outbox/outbox.js';
import { createSinks } from './sinks/create-sinks.js';
import type { MemorySink } from './sinks/memory/memory-sink.js';

/** Configuration and collaborators of the parts between the outbox and the sinks. */
export interface EventPartsDeps {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** Holds events back until their connections are mirrored. */
  readonly gate: EventGate | undefined;
  /** This start of the node. */
  readonly boot?: EventBoot;
  /** Knows what other nodes of the cluster have closed; undefined when none does. */
  readonly clusterMirror?: Pick<ClusterMirror, 'late' | 'review'> | undefined;
}

/** The outbox with its sinks, not started yet. */
export interface EventParts {
  readonly boot: EventBoot;
  /** The ring behind `/events`; undefined when it is off. */
  readonly embedded: MemorySink | undefined;
  readonly outbox: EventOutbox;
}

/** Creates the outbox and its sinks. */
export function composeEvents({ clusterMirror, ...deps }: EventPartsDeps): EventParts {
  const { config, clock, log, gate, boot = newBoot(deps) } = deps;
  const { all, embedded } = createSinks({ config, boot, clock, log, recovered: () => outbox.recovered });
  const outbox = new EventOutbox({
    boot,
    sinks: clusterMirror === undefined ? all : all.map((sink) => clusterMirror.late.wrap(sink)),
    review: clusterMirror?.review,
    positions: config.sinks.positions,
    config: config.outbox,
    gate,
    clock,
    log,
  });
  return { boot, embedded, outbox };
}

/** Identity of a start that begins now. */
export function newBoot({ config, clock }: Pick<EventPartsDeps, 'config' | 'clock'>): EventBoot {
  return { node: formatNode(config.node), epoch: clock.wallNow() };
}
