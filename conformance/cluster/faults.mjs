import { setTimeout as sleep } from 'node:timers/promises';
import { between } from '../chaos/random.mjs';

const FREEZE_MS = 5_000;
const SLOW_LINK_MS = 50;
const SLOW_FOR_MS = 5_000;

/**
 * The faults that a run makes. `on` has the nodes, their proxies, the engine and the seeded random
 * numbers; a fault resolves once it has undone itself.
 */
const FAULTS = {
  kill: {
    stopsNodes: true,
    async make({ node, random }) {
      await node.kill();
      await sleep(between(random, 0, 4_000));
      await node.restart();
    },
  },
  freeze: {
    stopsNodes: true,
    async make({ node }) {
      node.freeze();
      await sleep(FREEZE_MS);
      node.thaw();
    },
  },
  'cut-2': { make: ({ proxy, random }) => cut(proxy, random, 2_000) },
  'cut-20': { make: ({ proxy, random }) => cut(proxy, random, 20_000) },
  'deaf-2': { make: ({ proxy }) => deafen(proxy, 2_000) },
  'deaf-20': { make: ({ proxy }) => deafen(proxy, 20_000) },
  engine: {
    touchesAll: true,
    async make({ engine, random }) {
      await engine.kill();
      await sleep(between(random, 0, 1_000));
      await engine.restart();
    },
  },
  slow: {
    touchesAll: true,
    async make({ proxies }) {
      for (const proxy of proxies) proxy.delay(SLOW_LINK_MS);
      await sleep(SLOW_FOR_MS);
      for (const proxy of proxies) proxy.heal();
    },
  },
  rolling: {
    stopsNodes: true,
    touchesAll: true,
    async make({ nodes, failed }) {
      for (const node of nodes) {
        const problem = await node.stop();
        if (problem !== undefined) failed(problem);
        await node.restart();
      }
    },
  },
};

export const FAULT_NAMES = Object.keys(FAULTS);

/** A network that loses everything, or one that resets connections: the seed decides. */
async function cut(proxy, random, ms) {
  if (random() < 0.5) proxy.hold({ toEngine: true, toNode: true });
  else proxy.reset();
  await sleep(ms);
  proxy.heal();
}

async function deafen(proxy, ms) {
  proxy.hold({ toNode: true });
  await sleep(ms);
  proxy.heal();
}

/** The names in an order of the seed; over and over, each time in another one. */
export function* shuffled(names, random) {
  for (;;) {
    const left = [...names];
    while (left.length > 0) yield left.splice(Math.floor(random() * left.length), 1)[0];
  }
}

/**
 * Makes one fault on a node of the seed, or on all, and waits with `recovered()` until everything
 * is well again. Gives the record for the judge, which is in `active` meanwhile.
 */
export async function makeFault(kind, { cluster, random, recovered, active }) {
  const { make, stopsNodes = false, touchesAll = false } = FAULTS[kind];
  const index = Math.floor(random() * cluster.nodes.length);
  const node = cluster.nodes[index];
  const nodes = (touchesAll ? cluster.nodes : [node]).map(({ name }) => name);
  const fault = { kind, nodes, stopsNodes, startMs: performance.now(), undoneMs: Infinity, endMs: Infinity };
  active.add(fault);
  await make({ ...cluster, node, proxy: cluster.proxies[index], random });
  fault.undoneMs = performance.now();
  await recovered();
  fault.endMs = performance.now();
  active.delete(fault);
  return fault;
}
