import type { VuContext } from '../runtime/vu-context.js';
import { Blob } from './blob.js';
import { notInInit } from './k6-errors.js';
import { ScriptWebSocket } from './web-socket.js';

/** The module `k6/websockets` of one virtual user, and `k6/experimental/websockets`, its old name. */
export function createWebsocketsModule(vu: VuContext): object {
  class WebSocket extends ScriptWebSocket {
    constructor(url?: unknown, protocols?: unknown, params?: unknown) {
      if (vu.isInit) throw notInInit('WebSocket');
      super(vu, { url, protocols, params });
    }
  }
  return { WebSocket, Blob };
}
