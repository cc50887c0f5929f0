import { withTags } from '../../metric/tags.js';
import type { VuContext } from '../runtime/vu-context.js';
import { notInInit } from './k6-errors.js';
import { isFunction } from './values.js';
import { BadSocketUrl, readSocketRequest, type SocketParams, type SocketRequest } from './ws-params.js';
import { type WsResponse, WsSession } from './ws-session.js';

/** The module `k6/ws` of one virtual user. */
export function createWsModule(vu: VuContext): object {
  return { connect: (...args: unknown[]) => connect(vu, args) };
}

function connect(vu: VuContext, args: readonly unknown[]): unknown {
  if (vu.isInit) throw notInInit('websockets');
  if (args.length < 2 || args.length > 3) {
    throw new TypeError(
      'invalid number of arguments to ws.connect, expected (url, function) or (url, params, function)',
    );
  }
  const setup = args.at(-1);
  if (!isFunction(setup)) throw new TypeError('last argument to ws.connect must be a function');
  const request = requestOf(vu, { url: args[0], params: args.length === 3 ? args[1] : undefined });
  if (request instanceof BadSocketUrl) return refused(vu, request);
  const session = new WsSession(vu, request);
  return vu.block('ws.connect', (onInterrupt) => {
    onInterrupt(() => session.interrupt());
    return session.run(setup);
  });
}

function requestOf(vu: VuContext, params: SocketParams): SocketRequest | BadSocketUrl {
  try {
    return readSocketRequest(vu, params);
  } catch (error) {
    if (error instanceof BadSocketUrl) return error;
    throw error;
  }
}

/** As k6 counts it, a URL that leads nowhere is a session that failed. */
function refused(vu: VuContext, { url, told }: BadSocketUrl): WsResponse {
  const { thread } = vu;
  if (thread.runtime.throwsOnFailure) throw new Error(told);
  const tookMs = Number.EPSILON;
  const metrics = thread.metrics.bindSession(withTags(vu.tags, thread.systemTags.pick({ url })));
  metrics.sessions.add(1);
  metrics.connecting.add(tookMs);
  metrics.sessionDuration.add(tookMs);
  thread.log.write({ level: 'warning', text: `Attempt to establish a WebSocket connection failed: ${told}` });
  return { url: '', status: 0, headers: {}, body: '', error: told };
}
