import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { EventBoot } from '../event/gateway-event.js';
import type { DestinationTemplate } from '../template/event-router.js';
import { hasPlaceholder } from '../template/template.js';
import type { EventSink } from './event-sink.js';
import { MemorySink } from './memory/memory-sink.js';
import { limitWarning, type AcceptedMessages, type ReportLimit } from './message-limit.js';
import type { SinksConfig } from './sink-definition.js';

export interface CreateSinksOptions {
  readonly config: AcceptedMessages & { readonly sinks: SinksConfig; readonly ring: QueueLimits };
  readonly boot: EventBoot;
  readonly clock: Clock;
  readonly log: Logger;
  /** The number of events of earlier boots that come before those of this one; 0 when missing. */
  readonly recovered?: () => number;
  /**
   * Called once for each limit of a sink that is below what endpoints accept; logs a warning when
   * it is missing.
   */
  readonly warnOfLimit?: (sink: string, warning: string) => void;
}

/** A sink, and whether the outbox waits for it. */
export interface ConfiguredSink {
  readonly sink: EventSink;
  readonly required: boolean;
  /** Without credentials; undefined when there is no backend to connect to. */
  readonly address?: string;
}

/** All sinks of a gateway. */
export interface Sinks {
  readonly all: readonly ConfiguredSink[];
  /** The embedded one, when it is on: `/events` reads it. */
  readonly embedded: MemorySink | undefined;
}

/** Makes the sinks that the configuration turns on; none is started. */
export function createSinks(options: CreateSinksOptions): Sinks {
  const { config, boot, clock, log, recovered } = options;
  const embedded = config.sinks.embedded
    ? new MemorySink({ boot, clock, limits: config.ring, ...(recovered && { recovered }) })
    : undefined;
  const reportLimitOf = warnOfLimits(options);
  const { on, positions } = config.sinks;
  const configured = on.map((each): ConfiguredSink => {
    const { name, required, address } = each;
    const sink = each.create({ clock, log, reportLimit: reportLimitOf(name), position: positions.indexOf(name) });
    return { sink, required, address };
  });
  return { all: embedded === undefined ? configured : [{ sink: embedded, required: true }, ...configured], embedded };
}

/**
 * The templates of the sinks by position; undefined when none has a placeholder, so that nothing
 * needs a route.
 */
export function destinationTemplates({ on, positions }: SinksConfig): readonly DestinationTemplate[] | undefined {
  const templates = positions.map((name) => on.find((sink) => sink.name === name)?.destination ?? OFF);
  return templates.some(({ text }) => hasPlaceholder(text)) ? templates : undefined;
}

const OFF: DestinationTemplate = { text: '' };

/**
 * Takes the limits of each sink. The same limit is reported once, however often the sink connects.
 */
function warnOfLimits({ config, log, warnOfLimit }: CreateSinksOptions): (sink: string) => ReportLimit {
  const reported = new Set<string>();
  const warn = warnOfLimit ?? ((sink, warning) => log.warn('sink.message-limit', { sink, warning }));
  return (sink) => (limit) => {
    const warning = limitWarning(limit, config);
    if (warning === undefined || reported.has(sink + warning)) return;
    reported.add(sink + warning);
    warn(sink, warning);
  };
}
