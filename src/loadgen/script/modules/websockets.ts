import type { VuContext } from '../runtime/vu-context.js';
import { Blob } from './blob.js';
import { notInInit } from './k6-errors.js';
import { ScriptWebSocket } from './web-socket.js';

/** The module `k6/websockets` of one virtual user. */
export function createWebsocketsModule(vu: VuContext): object {
  return createModule(vu, true);
}

/** `k6/experimental/websockets`, its old name, under which k6 lets a script close with any code and reason. */
export function createExperimentalWebsocketsModule(vu: VuContext): object {
  return createModule(vu, false);
}

function createModule(vu: VuContext, checksClose: boolean): object {
  class WebSocket extends ScriptWebSocket {
    constructor(url?: unknown, protocols?: unknown, params?: unknown) {
      if (vu.isInit) throw notInInit('WebSocket');
      super(vu, { url, protocols, params, checksClose });
    }
  }
  return { WebSocket, Blob };
}
