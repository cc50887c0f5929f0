import type { NodeDirectory, NodeStatus } from '../bus/nodes.js';
import { badRequest, JSON_TYPE } from './answers.js';
import type { Route } from './route.js';

/**
 * `GET /nodes`: the nodes that this one knows, as JSON. `cluster` is the name of the cluster;
 * undefined for a node on its own.
 */
export function nodesRoute(cluster: string | undefined, directory: NodeDirectory): Route {
  return {
    path: '/nodes',
    method: 'GET',
    open: false,
    handle: (exchange) => {
      if (exchange.request.query !== '') return exchange.answer(badRequest('/nodes accepts no parameters'));
      const body = `${JSON.stringify({ cluster: cluster ?? null, nodes: directory.nodes().map(nodeJson) })}\n`;
      exchange.answer({ status: 200, headers: { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-store' }, body });
    },
  };
}

function nodeJson(status: NodeStatus): object {
  return {
    node: status.node,
    own: status.own,
    state: status.state,
    suspect: status.suspect,
    connections: status.connections,
    workers: status.workers,
    address: status.address ?? null,
    last_heard_ms: Math.round(status.lastHeardMs),
    boot: status.boot,
    version: status.version,
  };
}
