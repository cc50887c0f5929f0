import type { Histogram } from '../../core/histogram.js';
import type { MetricDefinition } from '../../run-file/records.js';
import type { Counter, Gauge, MetricRegistry } from './metric-registry.js';

/** k6's metrics that a WebSocket run fills, with their types and units. */
export const BUILT_IN_METRICS: readonly MetricDefinition[] = [
  { name: 'checks', type: 'rate', contains: 'default' },
  { name: 'data_received', type: 'counter', contains: 'data' },
  { name: 'data_sent', type: 'counter', contains: 'data' },
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

/** The built-in metrics, looked up once, so that recording is an addition. */
export class BuiltInMetrics {
  readonly dataReceived: Counter;
  readonly dataSent: Counter;
  readonly iterations: Counter;
  readonly messagesReceived: Counter;
  readonly messagesSent: Counter;
  readonly sessions: Counter;
  readonly vus: Gauge;
  readonly vusMax: Gauge;
  readonly iterationDuration: Histogram;
  readonly connecting: Histogram;
  readonly sessionDuration: Histogram;
  /** From the moment at which the ping was due; `pingService` from when it was sent; `pingLag` is the difference. */
  readonly pingResponse: Histogram;
  readonly pingService: Histogram;
  readonly pingLag: Histogram;

  constructor(registry: MetricRegistry) {
    this.dataReceived = registry.counter('data_received');
    this.dataSent = registry.counter('data_sent');
    this.iterations = registry.counter('iterations');
    this.messagesReceived = registry.counter('ws_msgs_received');
    this.messagesSent = registry.counter('ws_msgs_sent');
    this.sessions = registry.counter('ws_sessions');
    this.vus = registry.gauge('vus');
    this.vusMax = registry.gauge('vus_max');
    this.iterationDuration = registry.histogram('iteration_duration', 'response');
    this.connecting = registry.histogram('ws_connecting', 'response');
    this.sessionDuration = registry.histogram('ws_session_duration', 'response');
    this.pingResponse = registry.histogram('ws_ping', 'response');
    this.pingService = registry.histogram('ws_ping', 'service');
    this.pingLag = registry.histogram('ws_ping', 'lag');
  }
}
