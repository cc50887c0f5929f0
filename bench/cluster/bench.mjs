// Measures the cost of a cluster: answers of /send through three nodes at 1,000 a second, the CPU of
// a node for a call of another node, and a cluster of one node beside none. On NATS and Redis.
//   CLUSTER_TURNS=2 npm run bench -- cluster
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { connectAnsweredPoster, postUntil } from '../support/answered-poster.mjs';
import { freePorts, startDaemon } from '../support/daemon.mjs';
import { median } from '../support/pinned-process.mjs';
import { cpuSeconds } from '../support/process-tree.mjs';
import { encodePost } from '../support/raw-post.mjs';
import { startServed } from '../support/served-gateway.mjs';

export const name = 'cluster';

const TURNS = Number(process.env.CLUSTER_TURNS ?? 7);
const MEASURED_MS = 1_000;
const PER_SECOND = 1_000;
const POSTERS = 32;
const IN_FLIGHT = [16, 128];
const JOINED_MS = 20_000;
const BODY = '16 bytes of text';
const MICROSECONDS = 1e6;
const NATS = '/usr/sbin/nats-server';
const LIMITS = { p99Ms: 5, foreignUs: 8, alone: 1.02 };

const ENGINES = {
  nats: (port) => [NATS, '--addr', '127.0.0.1', '--port', String(port)],
  redis: (port) => ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
};
const REQUEST = encodePost({ path: '/send?room=a', type: 'text/plain', body: BODY });

async function startEngine(kind) {
  const [port] = await freePorts(1);
  const daemon = await startDaemon(ENGINES[kind](port), { port });
  return { addr: `${kind}://127.0.0.1:${port}`, stop: () => daemon.stop() };
}

function startNode(kind, engine, number) {
  const cluster = { name: 'bench', [kind]: { addr: engine.addr } };
  return startServed({ node: { number }, cluster });
}

/** Resolves once a node reaches that many nodes. */
async function untilJoined({ port }, nodes) {
  const until = performance.now() + JOINED_MS;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/send?nobody=x&report=json`, { method: 'POST', body: 'x' });
    if (Object.keys((await answer.json()).nodes).length === nodes) return;
    if (performance.now() > until) throw new Error(`the nodes do not find each other within ${JOINED_MS / 1000} s`);
    await wait(50);
  }
}

/** Milliseconds until each answer, at a steady rate. A call that finds no free poster waits. */
async function paced(port) {
  const free = await Promise.all(Array.from({ length: POSTERS }, () => connectAnsweredPoster(port, REQUEST)));
  const all = [...free];
  const latencies = [];
  const running = [];
  const startedAt = performance.now();
  for (let call = 0; call < (PER_SECOND * MEASURED_MS) / 1000; call += 1) {
    const dueAt = startedAt + (call * 1000) / PER_SECOND;
    if (dueAt > performance.now()) await wait(dueAt - performance.now());
    while (free.length === 0) await wait(1);
    const poster = free.pop();
    running.push(
      poster.post().then(() => {
        latencies.push(performance.now() - dueAt);
        free.push(poster);
      }),
    );
  }
  await Promise.all(running);
  for (const poster of all) poster.close();
  return latencies;
}

/** Posts as fast as the answers come; the CPU time of each of the nodes for a call, in microseconds. */
async function flood(asked, nodes, inFlight) {
  const trees = nodes.map((node) => node.pids());
  const before = trees.map(cpuSeconds);
  const until = performance.now() + MEASURED_MS;
  const isOver = () => performance.now() >= until;
  const { calls } = await postUntil({ port: asked.port, request: REQUEST, inFlight, isOver });
  return trees.map((pids, index) => ((cpuSeconds(pids) - before[index]) * MICROSECONDS) / calls);
}

function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1];
}

function row(what, engine, figure, wanted = '') {
  return { what, engine, figure, wanted };
}

function wantedOf(value, limit, unit) {
  return `at most ${limit}${unit}${value <= limit ? '' : ' missed'}`;
}

async function rowsOfThree(kind, engine) {
  const nodes = [];
  try {
    for (let number = 1; number <= 3; number += 1) nodes.push(await startNode(kind, engine, number));
    await untilJoined(nodes[0], 3);
    await flood(nodes[0], nodes, IN_FLIGHT[0]);
    const latencies = [];
    const costs = new Map(IN_FLIGHT.map((inFlight) => [inFlight, []]));
    for (let turn = 0; turn < TURNS; turn += 1) {
      latencies.push(...(await paced(nodes[0].port)));
      for (const inFlight of IN_FLIGHT) costs.get(inFlight).push(await flood(nodes[0], nodes, inFlight));
    }
    const p99 = quantile(latencies, 0.99);
    const rate = `${PER_SECOND.toLocaleString('en')} calls a second through three nodes`;
    return [
      row(`${rate}, p50 of the answer`, kind, `${quantile(latencies, 0.5).toFixed(2)} ms`),
      row(`${rate}, p99 of the answer`, kind, `${p99.toFixed(2)} ms`, wantedOf(p99, LIMITS.p99Ms, ' ms')),
      ...IN_FLIGHT.flatMap((inFlight) => costRows(kind, inFlight, costs.get(inFlight))),
    ];
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

function costRows(kind, inFlight, costs) {
  const own = median(costs.map(([first]) => first));
  const foreign = median(costs.flatMap(([, ...others]) => others));
  const what = `CPU of a call, ${inFlight} in flight`;
  return [
    row(`${what}, at the node that is asked`, kind, `${own.toFixed(1)} us`),
    row(`${what}, at each other node`, kind, `${foreign.toFixed(1)} us`, wantedOf(foreign, LIMITS.foreignUs, ' us')),
  ];
}

/** A node on its own beside a cluster of one, in turns. */
async function rowsOfOne(kind, engine) {
  const alone = await startServed({});
  const cluster = await startNode(kind, engine, 1);
  try {
    await untilJoined(cluster, 1);
    const costs = { alone: [], cluster: [] };
    for (let turn = -1; turn < TURNS; turn += 1) {
      const [none] = await flood(alone, [alone], IN_FLIGHT[0]);
      const [one] = await flood(cluster, [cluster], IN_FLIGHT[0]);
      if (turn < 0) continue;
      costs.alone.push(none);
      costs.cluster.push(one);
    }
    const ratio = median(costs.cluster.map((cost, turn) => cost / costs.alone[turn]));
    const what = `CPU of a call, ${IN_FLIGHT[0]} in flight, cluster of one`;
    return [row(what, kind, `${ratio.toFixed(3)} of none`, wantedOf(ratio, LIMITS.alone, ''))];
  } finally {
    await Promise.all([alone.stop(), cluster.stop()]);
  }
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const kinds = Object.keys(ENGINES).filter((kind) => kind !== 'nats' || existsSync(NATS));
  const rows = [];
  for (const kind of kinds) {
    const engine = await startEngine(kind);
    try {
      rows.push(...(await rowsOfOne(kind, engine)), ...(await rowsOfThree(kind, engine)));
    } finally {
      await engine.stop();
    }
  }
  return {
    title: 'Calls in a cluster',
    rows,
    notes: [
      `Nodes, engine and posters share the machine's cores; ${TURNS} turns of ${MEASURED_MS} ms; medians of CPU, quantiles of all answers. The nodes have no clients.`,
      `Posters wait for answers on ${POSTERS} connections; an answer counts from when its call was due.`,
      'A cluster of one takes turns with a gateway without a cluster, and the ratio is the median of the turns.',
      ...(kinds.includes('nats') ? [] : ['nats-server is not installed, so NATS was not measured.']),
    ],
  };
}
