import type { Bus, CallOutcome } from '../bus/bus.js';
import type { CallAnswer, RemoteCall } from './remote-call.js';

/**
 * Carries out a call of another process on the connections that `bus` reaches. Synchronous where
 * the bus is. Messages are applied in the order of the calls.
 */
export function applyCall(bus: Bus, call: RemoteCall): CallAnswer | Promise<CallAnswer> {
  switch (call.op) {
    case 'send': {
      const outcome = bus.send(call.selector, call.message);
      return outcome instanceof Promise ? outcome.then(answerOf) : answerOf(outcome);
    }
    case 'batch': {
      const outcome = bus.sendBatch(call.items);
      return outcome instanceof Promise ? outcome.then(batchAnswer) : batchAnswer(outcome);
    }
    case 'settags':
      return bus.setTags(call.selector, call.changes).then(answerOf);
    case 'close':
      return bus.close(call.selector, call.message).then(answerOf);
    case 'status':
      return statusAnswer(bus, call);
    case 'tree':
      return bus.tree().then(({ tree }) => ({ outcome: 'done', count: tree.size, tree }));
    case 'knowsKey':
      return bus.knowsTagKey(call.key).then((knows) => ({ outcome: 'done', count: knows ? 1 : 0 }));
  }
}

function answerOf({ counts, refused }: CallOutcome): CallAnswer {
  const [reason] = refused.values();
  if (reason !== undefined) return { outcome: 'refused', reason };
  let count = 0;
  for (const one of counts.values()) count += one;
  return { outcome: 'done', count };
}

function batchAnswer({ totals }: { readonly totals: readonly number[] }): CallAnswer {
  return { outcome: 'done', count: totals.reduce((sum, one) => sum + one, 0), totals };
}

async function statusAnswer(bus: Bus, { request }: Extract<RemoteCall, { op: 'status' }>): Promise<CallAnswer> {
  const connections = [];
  for await (const page of bus.status(request).pages) connections.push(...page);
  return { outcome: 'done', count: connections.length, connections };
}
