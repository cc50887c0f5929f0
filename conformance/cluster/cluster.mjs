import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { ROOMS } from './crowd.mjs';
import { EngineServer } from './engine-server.mjs';
import { LinkProxy } from './link-proxy.mjs';
import { NodeProcess } from './node-process.mjs';

export const DEADLINE_MS = 1_000;
/** Wait before a node that keeps a log is declared dead. */
const DECLARE_DEAD_S = 5;

/** Nodes, a proxy for each between it and the engine, and the engine. */
export class Cluster {
  nodes = [];
  proxies = [];
  engine;

  /** `events` is the broker of sinks and mirror. */
  static async start({ kind, size, folder, events, durability, transport, plant }) {
    const cluster = new Cluster();
    cluster.engine = await EngineServer.start(kind);
    try {
      for (let number = 1; number <= size; number++) {
        const proxy = await LinkProxy.start(cluster.engine.port);
        cluster.proxies.push(proxy);
        const own = join(folder, `outbox-${number}`);
        mkdirSync(own);
        const config = configOf({ kind, proxy, events, durability, transport, dir: own });
        cluster.nodes.push(await NodeProcess.start({ number, folder, config, plant }));
      }
    } catch (error) {
      await cluster.destroy();
      throw error;
    }
    return cluster;
  }

  /** Every node ends in good order; gives what was wrong with that. */
  async stop() {
    const problems = await Promise.all(this.nodes.map((node) => node.stop()));
    return problems.filter((problem) => problem !== undefined);
  }

  /** Ends whatever still runs. */
  async destroy() {
    await Promise.all(this.nodes.map((node) => node.kill()));
    for (const proxy of this.proxies) proxy.stop();
    await this.engine.kill();
  }
}

function configOf({ kind, proxy, events, durability, transport, dir }) {
  const outbox = durability === 'disk' ? { dir, durability, fsync: 'always' } : { durability };
  return {
    transport,
    endpoints: ROOMS.map((room) => ({
      path: `/${room}`,
      set_tags: { run: 'cluster', room },
      stream_include_tags: ['run'],
    })),
    drain: { close_spread_s: 0, flush_timeout_s: 30 },
    outbox,
    cluster: {
      name: 'conformance',
      [kind]: { addr: `${kind}://127.0.0.1:${proxy.port}` },
      deadline_ms: DEADLINE_MS,
      declare_dead_s: DECLARE_DEAD_S,
    },
    ...events.config,
  };
}
