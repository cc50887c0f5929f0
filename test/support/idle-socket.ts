import type { Socket } from '../../src/gateway/transport/socket.js';

/** A socket without a peer, for code that keeps connections and never writes to them. */
export const idleSocket: Socket = {
  remoteAddress: '127.0.0.1:0',
  isOpen: () => true,
  send: () => 'sent',
  bufferedBytes: () => 0,
  cork: (writes) => writes(),
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  end: () => undefined,
  terminate: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};
