/** Where the sinks put an event: what their templates gave when it was accepted. '' for a sink that is off. Shared between events that are alike. */
export interface EventDestinations {
  /** Stream of Redis. */
  readonly redis: string;
  /** Routing key of AMQP. */
  readonly amqp: string;
  /** Subject of NATS. */
  readonly nats: string;
}
