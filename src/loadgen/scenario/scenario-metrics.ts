import type { MetricDefinition } from '../../run-file/records.js';
import type { BuiltInScenario } from './built-in-plan.js';
import { BUILT_IN_METRICS } from '../metric/built-in-metrics.js';
import { bindActions, type Actions } from '../metric/metric.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import type { Series, Tags } from '../metric/series.js';

const counter = (name: string): MetricDefinition => ({ name, type: 'counter', contains: 'default' });
const trend = (name: string): MetricDefinition => ({ name, type: 'trend', contains: 'time' });
const CONNECTIONS: readonly MetricDefinition[] = [
  { name: 'ws_connections', type: 'gauge', contains: 'default' },
  counter('ws_connections_lost'),
];

/** What each built-in scenario records beside k6's metrics: docs/scenarios. */
const SCENARIO_METRICS: Readonly<Record<BuiltInScenario, readonly MetricDefinition[]>> = {
  snapshot: [],
  echo: [
    ...CONNECTIONS,
    trend('ws_rtt'),
    counter('ws_rtt_timeouts'),
    counter('ws_msgs_unmatched'),
    counter('ws_msgs_duplicate'),
    counter('ws_msgs_late'),
    counter('ws_msgs_out_of_order'),
    counter('ws_msgs_lost'),
  ],
  flood: CONNECTIONS,
  idle: CONNECTIONS,
  churn: [],
  storm: [
    ...CONNECTIONS,
    trend('ws_reconnecting'),
    trend('ws_storm_recovery'),
    counter('ws_storms'),
    counter('ws_storms_unrecovered'),
  ],
  'fan-out': [
    ...CONNECTIONS,
    trend('ws_delivery'),
    trend('ws_delivery_last'),
    counter('ws_published'),
    counter('ws_publish_failed'),
    counter('ws_msgs_duplicate'),
    counter('ws_msgs_late'),
    counter('ws_msgs_lost'),
  ],
};

/** All that a run of the scenario can record. */
export function metricsOf({ name }: { readonly name: BuiltInScenario }): readonly MetricDefinition[] {
  return [...BUILT_IN_METRICS, ...SCENARIO_METRICS[name]];
}

/** How many connections there are, and how many the target ended. */
export interface ConnectionMetrics {
  readonly connections: Series;
  readonly lost: Series;
}

/** What became of messages that are answered. */
export interface RoundTripMetrics {
  /** From due, from sent, and between them. */
  readonly roundTrip: Actions;
  readonly timeouts: Series;
  readonly unmatched: Series;
  readonly duplicates: Series;
  /** Answers to messages that had been given up. */
  readonly late: Series;
  readonly outOfOrder: Series;
  /** Given up, and no answer ever came. */
  readonly lost: Series;
}

/** How long it took to come back. */
export interface StormMetrics {
  /** Of each connection: from the storm, from its dial, and between them. */
  readonly reconnecting: Actions;
  /** From a storm until all are back. */
  readonly recovery: Series;
  readonly storms: Series;
  readonly unrecovered: Series;
}

/** What became of messages that were published. */
export interface DeliveryMetrics {
  /** To each recipient: from due, from its request, and between them. */
  readonly delivery: Actions;
  /** To the last one. */
  readonly last: Actions;
  readonly published: Series;
  readonly failed: Series;
  readonly duplicates: Series;
  readonly late: Series;
  readonly lost: Series;
}

/** Makes the metrics of a thread, once; what it returns binds them to the tags of a scenario. */
export function connectionMetrics(registry: SeriesRegistry): (tags: Tags) => ConnectionMetrics {
  const connections = registry.gauge('ws_connections');
  const lost = registry.counter('ws_connections_lost');
  return (tags) => ({ connections: connections.bind(tags), lost: lost.bind(tags) });
}

/** The same for `echo`. */
export function roundTripMetrics(registry: SeriesRegistry): (tags: Tags) => RoundTripMetrics {
  const roundTrip = registry.timeTrend('ws_rtt');
  const timeouts = registry.counter('ws_rtt_timeouts');
  const unmatched = registry.counter('ws_msgs_unmatched');
  const duplicates = registry.counter('ws_msgs_duplicate');
  const late = registry.counter('ws_msgs_late');
  const outOfOrder = registry.counter('ws_msgs_out_of_order');
  const lost = registry.counter('ws_msgs_lost');
  return (tags) => ({
    roundTrip: bindActions(roundTrip, tags),
    timeouts: timeouts.bind(tags),
    unmatched: unmatched.bind(tags),
    duplicates: duplicates.bind(tags),
    late: late.bind(tags),
    outOfOrder: outOfOrder.bind(tags),
    lost: lost.bind(tags),
  });
}

/** The same for `storm`. */
export function stormMetrics(registry: SeriesRegistry): (tags: Tags) => StormMetrics {
  const reconnecting = registry.timeTrend('ws_reconnecting');
  const recovery = registry.timeTrend('ws_storm_recovery');
  const storms = registry.counter('ws_storms');
  const unrecovered = registry.counter('ws_storms_unrecovered');
  return (tags) => ({
    reconnecting: bindActions(reconnecting, tags),
    recovery: recovery.bind(tags),
    storms: storms.bind(tags),
    unrecovered: unrecovered.bind(tags),
  });
}

/** The same for `fan-out`. */
export function deliveryMetrics(registry: SeriesRegistry): (tags: Tags) => DeliveryMetrics {
  const delivery = registry.timeTrend('ws_delivery');
  const last = registry.timeTrend('ws_delivery_last');
  const published = registry.counter('ws_published');
  const failed = registry.counter('ws_publish_failed');
  const duplicates = registry.counter('ws_msgs_duplicate');
  const late = registry.counter('ws_msgs_late');
  const lost = registry.counter('ws_msgs_lost');
  return (tags) => ({
    delivery: bindActions(delivery, tags),
    last: bindActions(last, tags),
    published: published.bind(tags),
    failed: failed.bind(tags),
    duplicates: duplicates.bind(tags),
    late: late.bind(tags),
    lost: lost.bind(tags),
  });
}
