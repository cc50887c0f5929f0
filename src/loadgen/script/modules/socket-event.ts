/** Names of the events of `k6/websockets`. */
export const SOCKET_EVENTS = ['open', 'message', 'error', 'close', 'ping', 'pong'] as const;
export type SocketEventName = (typeof SOCKET_EVENTS)[number];

/** What listeners get: the event's type, its target and time, and what belongs to the event. */
export interface SocketEvent {
  readonly type: SocketEventName;
  readonly target: object;
  /** Unix milliseconds. */
  readonly timestamp: number;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly error?: string;
}

/** Whether an event has this name. */
export function isSocketEvent(name: unknown): name is SocketEventName {
  return SOCKET_EVENTS.some((known) => known === name);
}

/** An error as the browser's API names it. */
export function namedError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
