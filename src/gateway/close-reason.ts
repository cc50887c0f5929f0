/** One entry of the catalogue: a reason why a connection ends. */
export interface CloseReason {
  /** Close code on the wire (RFC 6455 7.4); 1006 where no close frame is seen. */
  readonly code: number;
  /** Text of the close frame, at most 123 bytes; '' where the gateway sends none. */
  readonly reason: string;
  /** Cause, as the reference describes it. */
  readonly when: string;
  readonly startedBy: 'gateway' | 'backend' | 'client' | 'network';
  /** Whether a client should connect again. */
  readonly reconnect: boolean;
}

/**
 * Every reason why a connection ends. Transports, metrics, logs and close events use the names; the
 * codes and texts on the wire stand here alone. The reference lists them. The log of an outbox and
 * dead letters contain the names, so a name is never renamed or removed: add new ones. A version
 * that does not know a name reads the event without its reason.
 */
export const CLOSE_REASONS = {
  closed_by_backend: {
    code: 1000,
    reason: 'Closed by server',
    when: 'A backend asked for it with POST /close.',
    startedBy: 'backend',
    reconnect: false,
  },
  drain: {
    code: 1001,
    reason: 'Server is going away',
    when: 'The gateway shuts down in good order.',
    startedBy: 'gateway',
    reconnect: true,
  },
  protocol_error: {
    code: 1002,
    reason: 'Protocol error',
    when: 'A frame breaks RFC 6455.',
    startedBy: 'gateway',
    reconnect: false,
  },
  invalid_text: {
    code: 1007,
    reason: 'Invalid UTF-8',
    when: 'A text message from the client is not UTF-8.',
    startedBy: 'gateway',
    reconnect: false,
  },
  slow_client: {
    code: 1008,
    reason: 'Client reads too slowly',
    when: 'More waits for the client than its bound allows, and the policy is `close`.',
    startedBy: 'gateway',
    reconnect: true,
  },
  rate_limited: {
    code: 1008,
    reason: 'Too many messages',
    when: 'The client sends more messages or bytes a second than the endpoint allows.',
    startedBy: 'gateway',
    reconnect: true,
  },
  message_too_large: {
    code: 1009,
    reason: 'Message too large',
    when: 'A message from the client is larger than the endpoint allows.',
    startedBy: 'gateway',
    reconnect: false,
  },
  message_above_bound: {
    code: 1009,
    reason: 'Message larger than the server can keep',
    when: "A message is larger than the outbox or than one connection's share of it, other events wait, and the client cannot be paused: its transport cannot, or there is no room for its message.",
    startedBy: 'gateway',
    reconnect: false,
  },
  internal_error: {
    code: 1011,
    reason: 'Internal error',
    when: 'A defect in the gateway; its log has the cause.',
    startedBy: 'gateway',
    reconnect: true,
  },
  outbox_full: {
    code: 1013,
    reason: 'Try again later',
    when: 'Events cannot be handed to the backend fast enough, and the client cannot be paused: its transport cannot, or there is no room for its message.',
    startedBy: 'gateway',
    reconnect: true,
  },
  token_expired: {
    code: 4001,
    reason: 'Token expired',
    when: 'The time for which authentication let the client in is over; it may come back with a new token.',
    startedBy: 'gateway',
    reconnect: true,
  },
  closed_by_client: {
    code: 1000,
    reason: '',
    when: 'The client sent a close frame, whatever its code.',
    startedBy: 'client',
    reconnect: false,
  },
  connection_lost: {
    code: 1006,
    reason: '',
    when: 'The connection ended without a close frame, or nothing was heard of the client for the idle timeout.',
    startedBy: 'network',
    reconnect: true,
  },
  node_crashed: {
    code: 1006,
    reason: '',
    when: 'The gateway was killed while the connection was open; the next start on the same `outbox.dir` reports it.',
    startedBy: 'network',
    reconnect: true,
  },
  worker_crashed: {
    code: 1006,
    reason: '',
    when: 'The worker process that had the connection ended unexpectedly or hung; the gateway reports it at once.',
    startedBy: 'network',
    reconnect: true,
  },
  node_lost: {
    code: 1006,
    reason: '',
    when: 'The node that had the connection is gone; another node of the cluster reports it.',
    startedBy: 'network',
    reconnect: true,
  },
  declared_dead: {
    code: 1012,
    reason: 'Service restart',
    when: 'The node was cut off from its cluster and another node has already reported the end of the connection; backends get no second close event.',
    startedBy: 'gateway',
    reconnect: true,
  },
} as const satisfies Readonly<Record<string, CloseReason>>;

/** A name in the catalogue. */
export type CloseReasonName = keyof typeof CLOSE_REASONS;

/**
 * Reasons for which a server library closes a connection by itself: the peer broke the protocol.
 */
const BY_LIBRARY = ['protocol_error', 'invalid_text', 'message_too_large'] as const;

/** The reason behind a code that a server library closes with; `protocol_error` for other codes. */
export function libraryCloseReason(code: number): CloseReasonName {
  return BY_LIBRARY.find((name) => CLOSE_REASONS[name].code === code) ?? 'protocol_error';
}
