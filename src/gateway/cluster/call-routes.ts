import type { BatchItem } from '../bus/bus.js';
import type { RemoteCall } from '../calls/remote-call.js';
import { nodeOfConnectionId } from '../connection/connection-id.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { CallTargets } from './remote-calls.js';

/** Where the connections of a selector may be. */
export interface Route {
  readonly isHere: boolean;
  /** Undefined: on no other node. */
  readonly others: CallTargets | undefined;
}

const EVERYWHERE: Route = { isHere: true, others: 'all' };
const HERE: Route = { isHere: true, others: undefined };

/** Which nodes are in question: this one, and those that are live. */
export interface RouteNodes {
  readonly own: number;
  isLive(node: number): boolean;
}

/**
 * Finds the nodes that a call concerns. Ids contain the number of their node, so a call for ids
 * goes to these nodes alone, each with its own ids.
 */
export function routeOf(selector: Selector, nodes: RouteNodes, callFor: (part: Selector) => RemoteCall): Route {
  if (selector.kind !== 'ids') return EVERYWHERE;
  const byNode = idsByNode(selector.ids);
  const isWhole = byNode.size === 1;
  const others = new Map<number, RemoteCall>();
  for (const [node, ids] of byNode) {
    if (node === nodes.own || !nodes.isLive(node)) continue;
    // The same object keeps what is remembered for it, for example its text.
    others.set(node, callFor(isWhole ? selector : { kind: 'ids', ids }));
  }
  if (others.size === 0) return HERE;
  return { isHere: byNode.has(nodes.own), others };
}

/** Groups ids by their node, without those that belong to none. */
function idsByNode(all: ReadonlySet<string>): Map<number, Set<string>> {
  const byNode = new Map<number, Set<string>>();
  for (const id of all) {
    const node = nodeOfConnectionId(id);
    if (node === undefined) continue;
    const ids = byNode.get(node);
    if (ids === undefined) byNode.set(node, new Set([id]));
    else ids.add(id);
  }
  return byNode;
}

/** Finds the nodes that a batch concerns: those in the ids when all its selectors are ids. */
export function routeOfBatch(items: readonly BatchItem[], nodes: RouteNodes): Route {
  const involved = new Set<number>();
  for (const { selector } of items) {
    if (selector.kind !== 'ids') return EVERYWHERE;
    for (const id of selector.ids) involved.add(nodeOfConnectionId(id) ?? nodes.own);
  }
  const others = [...involved].filter((node) => node !== nodes.own && nodes.isLive(node));
  if (others.length === 0) return HERE;
  return { isHere: true, others: new Map(others.map((node) => [node, { op: 'batch', items }])) };
}
