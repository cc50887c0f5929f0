import { BALANCE_COUNTERS, type MetricDefinition } from '../../run-file/records.js';
import { bindActions, type Actions, type Metric } from './metric.js';
import type { SeriesRegistry } from './series-registry.js';
import type { Counter, Gauge, Rate, Series, TimeTrend, Tags } from './series.js';

/** k6's metrics of a WebSocket run, with types and units. */
export const BUILT_IN_METRICS: readonly MetricDefinition[] = [
  { name: 'checks', type: 'rate', contains: 'default' },
  { name: 'data_received', type: 'counter', contains: 'data' },
  { name: 'data_sent', type: 'counter', contains: 'data' },
  { name: 'dropped_iterations', type: 'counter', contains: 'default' },
  { name: 'iteration_duration', type: 'trend', contains: 'time' },
  { name: 'iterations', type: 'counter', contains: 'default' },
  { name: 'vus', type: 'gauge', contains: 'default' },
  { name: 'vus_max', type: 'gauge', contains: 'default' },
  { name: 'ws_connecting', type: 'trend', contains: 'time' },
  { name: 'ws_msgs_received', type: 'counter', contains: 'default' },
  { name: 'ws_msgs_sent', type: 'counter', contains: 'default' },
  { name: 'ws_ping', type: 'trend', contains: 'time' },
  { name: 'ws_session_duration', type: 'trend', contains: 'time' },
  { name: 'ws_sessions', type: 'counter', contains: 'default' },
];

/** Metrics of an HTTP request. */
export interface RequestMetrics {
  readonly requests: Metric<Counter>;
  readonly failed: Metric<Rate>;
  readonly duration: Metric<TimeTrend>;
  readonly blocked: Metric<TimeTrend>;
  readonly connecting: Metric<TimeTrend>;
  readonly tlsHandshaking: Metric<TimeTrend>;
  readonly sending: Metric<TimeTrend>;
  readonly waiting: Metric<TimeTrend>;
  readonly receiving: Metric<TimeTrend>;
}

/**
 * Series of WebSocket sessions with the same tags. They are looked up once, so that recording is an
 * addition.
 */
export interface SessionMetrics {
  readonly dataReceived: Series;
  readonly dataSent: Series;
  readonly messagesReceived: Series;
  readonly messagesSent: Series;
  /** These two are compared with the gateway's counters. */
  readonly receivedAfterClose: Series;
  readonly sentNoMessage: Series;
  readonly sessions: Series;
  readonly connecting: Series;
  /** The same metric, if a schedule says when the dial was due. */
  readonly dueConnecting: Actions;
  readonly sessionDuration: Series;
  /** Times from when the ping was due, from when it was sent, and the difference. */
  readonly ping: Actions;
}

/** The built-in metrics of a thread. */
export class BuiltInMetrics {
  readonly checks: Metric<Rate>;
  readonly dataReceived: Metric<Counter>;
  readonly dataSent: Metric<Counter>;
  readonly droppedIterations: Metric<Counter>;
  readonly iterations: Metric<Counter>;
  readonly messagesReceived: Metric<Counter>;
  readonly messagesSent: Metric<Counter>;
  readonly receivedAfterClose: Metric<Counter>;
  readonly sentNoMessage: Metric<Counter>;
  readonly sessions: Metric<Counter>;
  readonly vus: Metric<Gauge>;
  readonly vusMax: Metric<Gauge>;
  readonly iterationDuration: Metric<TimeTrend>;
  readonly connecting: Metric<TimeTrend>;
  readonly sessionDuration: Metric<TimeTrend>;
  readonly ping: Metric<TimeTrend>;
  readonly groupDuration: Metric<TimeTrend>;
  readonly http: RequestMetrics;

  constructor(registry: SeriesRegistry) {
    this.checks = registry.rate('checks');
    this.dataReceived = registry.counter('data_received', 'data');
    this.dataSent = registry.counter('data_sent', 'data');
    this.droppedIterations = registry.counter('dropped_iterations');
    this.iterations = registry.counter('iterations');
    this.messagesReceived = registry.counter('ws_msgs_received');
    this.messagesSent = registry.counter('ws_msgs_sent');
    this.receivedAfterClose = registry.quietCounter(BALANCE_COUNTERS.receivedAfterClose);
    this.sentNoMessage = registry.quietCounter(BALANCE_COUNTERS.sentNoMessage);
    this.sessions = registry.counter('ws_sessions');
    this.vus = registry.gauge('vus');
    this.vusMax = registry.gauge('vus_max');
    this.iterationDuration = registry.timeTrend('iteration_duration');
    this.connecting = registry.timeTrend('ws_connecting');
    this.sessionDuration = registry.timeTrend('ws_session_duration');
    this.ping = registry.timeTrend('ws_ping');
    this.groupDuration = registry.timeTrend('group_duration');
    this.http = {
      requests: registry.counter('http_reqs'),
      failed: registry.rate('http_req_failed'),
      duration: registry.timeTrend('http_req_duration'),
      blocked: registry.timeTrend('http_req_blocked'),
      connecting: registry.timeTrend('http_req_connecting'),
      tlsHandshaking: registry.timeTrend('http_req_tls_handshaking'),
      sending: registry.timeTrend('http_req_sending'),
      waiting: registry.timeTrend('http_req_waiting'),
      receiving: registry.timeTrend('http_req_receiving'),
    };
  }

  /** Looks up the series for sessions with these tags. The result should be kept. */
  bindSession(tags: Tags): SessionMetrics {
    return {
      dataReceived: this.dataReceived.bind(tags),
      dataSent: this.dataSent.bind(tags),
      messagesReceived: this.messagesReceived.bind(tags),
      messagesSent: this.messagesSent.bind(tags),
      receivedAfterClose: this.receivedAfterClose.bind(tags),
      sentNoMessage: this.sentNoMessage.bind(tags),
      sessions: this.sessions.bind(tags),
      connecting: this.connecting.bind(tags),
      dueConnecting: bindActions(this.connecting, tags),
      sessionDuration: this.sessionDuration.bind(tags),
      ping: bindActions(this.ping, tags),
    };
  }
}
