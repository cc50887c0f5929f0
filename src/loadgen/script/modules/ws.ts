import type { VuContext } from '../runtime/vu-context.js';
import { notInInit } from './k6-errors.js';
import { isFunction } from './values.js';
import { WsSession } from './ws-session.js';
import { readSocketRequest } from './ws-params.js';

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
  const request = readSocketRequest(vu, { url: args[0], params: args.length === 3 ? args[1] : undefined });
  const session = new WsSession(vu, request);
  return vu.block('ws.connect', (onInterrupt) => {
    onInterrupt(() => session.interrupt());
    return session.run(setup);
  });
}
