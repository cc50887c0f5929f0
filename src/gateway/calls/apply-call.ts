import type { BatchOutcome, Bus, CallOptions, CallOutcome } from '../bus/bus.js';
import type { CallAnswer, RemoteCall } from './remote-call.js';

/**
 * Carries out a call of another process on the connections that `bus` reaches. Synchronous where
 * the bus is. Messages are applied in the order of the calls. Bounds the wait by `options`.
 */
export function applyCall(bus: Bus, call: RemoteCall, options?: CallOptions): CallAnswer | Promise<CallAnswer> {
  switch (call.op) {
    case 'send': {
      const outcome = bus.send(call.selector, call.message, options);
      return outcome instanceof Promise ? outcome.then(answerOf) : answerOf(outcome);
    }
    case 'batch': {
      const outcome = bus.sendBatch(call.items, options);
      return outcome instanceof Promise ? outcome.then(batchAnswer) : batchAnswer(outcome);
    }
    case 'settags':
      return bus.setTags(call.selector, call.changes, options).then(answerOf);
    case 'close':
      return bus.close(call.selector, call.message, options).then(answerOf);
    case 'status':
      return statusAnswer(bus, call);
    case 'tree':
      return bus.tree().then(({ tree, silent }) => ({ outcome: 'done', count: tree.size, tree, silent }));
    case 'knowsKey':
      return bus.knowsTagKey(call.key).then((knows) => ({ outcome: 'done', count: knows ? 1 : 0 }));
  }
}

function answerOf({ counts, refused, silent }: CallOutcome): CallAnswer {
  const [reason] = refused.values();
  if (reason !== undefined) return { outcome: 'refused', reason };
  let count = 0;
  for (const one of counts.values()) count += one;
  return silent.length === 0 ? { outcome: 'done', count } : { outcome: 'done', count, silent };
}

function batchAnswer({ totals, silent }: BatchOutcome): CallAnswer {
  return { outcome: 'done', count: totals.reduce((sum, one) => sum + one, 0), totals, silent };
}

async function statusAnswer(bus: Bus, { request }: Extract<RemoteCall, { op: 'status' }>): Promise<CallAnswer> {
  const connections = [];
  const listing = bus.status(request);
  for await (const page of listing.pages) connections.push(...page);
  return { outcome: 'done', count: connections.length, connections, silent: listing.silent() };
}
