// npm run conformance -- cluster: three nodes behind proxies, clients and posters on all of them, and faults by seed.
// What posters were answered is judged against what clients got and which events came out. Exit 0:
// every rule held. See judge/ for the rules, planted/ for bugs that it must catch.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { between, seededRandom } from '../chaos/random.mjs';
import { machineLine } from '../support/machine.mjs';
import { BusyWatch } from './busy-watch.mjs';
import { Cluster, DEADLINE_MS } from './cluster.mjs';
import { Crowd } from './crowd.mjs';
import { ENGINES } from './engine-server.mjs';
import { EventsBroker } from './events-broker.mjs';
import { makeFault, shuffled } from './faults.mjs';
import { judge } from './judge/judge.mjs';
import { HELP, parseOptions, PLANTS } from './options.mjs';
import { Posters } from './posters.mjs';

const RECOVER_BOUND_MS = 40_000;
const RECOVER_EACH_MS = 200;
const SETTLE_MS = 1_000;
/** Until survivors have closed the connections of a node that was killed: its lease, and a share. */
const CLOSES_BOUND_MS = 60_000;
const PROGRESS_EACH_MS = 5_000;
/** One fault after the other until the time is over. Gives their records. */
async function wreak({ seconds, faults, random, cluster, posters, active, failed, report, signal }) {
  const end = performance.now() + seconds * 1000;
  const made = [];
  const kinds = faults.length === 0 ? undefined : shuffled(faults, random);
  while (performance.now() < end && !signal.aborted) {
    await sleep(Math.min(between(random, 1_000, 3_000), Math.max(0, end - performance.now())));
    if (kinds === undefined || performance.now() >= end || signal.aborted) continue;
    const kind = kinds.next().value;
    report(`fault: ${kind}`);
    const recovered = () => untilWell({ cluster, posters, failed, kind });
    made.push(await makeFault(kind, { cluster: { ...cluster, failed }, random, recovered, active }));
  }
  return made;
}

/** Waits until each node reaches all others. */
async function untilWell({ cluster, posters, failed, kind }) {
  const until = performance.now() + RECOVER_BOUND_MS;
  for (const node of cluster.nodes) {
    while (!(await reachesAll(node, cluster, posters))) {
      if (performance.now() > until) {
        failed(`node ${node.name} does not reach all others ${RECOVER_BOUND_MS / 1000} s after '${kind}'`);
        return;
      }
      await sleep(RECOVER_EACH_MS);
    }
  }
}

async function reachesAll(node, { nodes }, posters) {
  const { status, silent, perNode } = await posters.post(node, { isReport: true });
  return status === 200 && silent.length === 0 && nodes.every(({ name }) => perNode?.[name] !== undefined);
}

async function run(options, report, signal) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-cluster-'));
  const events = await EventsBroker.start(folder);
  let cluster;
  try {
    const plant = options.plant === undefined ? undefined : PLANTS[options.plant];
    cluster = await Cluster.start({ ...options, plant, kind: options.engine, size: options.nodes, folder, events });
    return await runOn({ ...options, cluster, events, report, signal });
  } finally {
    await cluster?.destroy();
    await events.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runOn(options) {
  const { cluster, events, report, seed, clients, rate } = options;
  // Each has a sequence of its own, so that the faults of a seed do not depend on the machine's speed.
  const [random, ofCrowd, ofPosters] = [0, 1, 2].map((part) => seededRandom(seed * 3 + part));
  const problems = [];
  const failed = (problem) => problems.push(problem);
  const active = new Set();
  const [crowd, posters, watch] = [new Crowd(ofCrowd, options), new Posters(ofPosters), new BusyWatch()];
  const isWell = ({ name }) => ![...active].some(({ nodes, stopsNodes }) => stopsNodes && nodes.includes(name));
  const progress = setInterval(
    () => report(`${posters.calls.length} calls, ${crowd.open} clients open`),
    PROGRESS_EACH_MS,
  );
  try {
    await untilWell({ cluster, posters, failed, kind: 'the start' });
    crowd.start(cluster.nodes, Math.ceil(clients / cluster.nodes.length));
    await crowd.allOpen();
    watch.start(cluster.nodes, isWell);
    posters.start(cluster.nodes, rate / cluster.nodes.length);
    const faults = await wreak({ ...options, random, posters, active, failed });
    await posters.stop();
    await sleep(SETTLE_MS);
    await crowd.stop();
    watch.stop();
    await events.allClosed(faults.length > 0 ? CLOSES_BOUND_MS : SETTLE_MS);
    for (const problem of await cluster.stop()) failed(problem);
    for (const call of posters.calls) call.allowanceMs = watch.allowanceMs(call);
    return verdictOf({ record: options.record, problems, crowd, posters, faults, events: await events.events() });
  } finally {
    clearInterval(progress);
    watch.stop();
  }
}

function verdictOf({ record, problems, crowd, posters, faults, events }) {
  const { clients } = crowd;
  const observed = { calls: posters.calls, clients, faults, events, deadlineMs: DEADLINE_MS };
  if (record !== undefined) writeFileSync(record, JSON.stringify(observed));
  const { counts, violations } = judge(observed);
  return {
    faults: faults.map(({ kind }) => kind),
    counts: { faults: faults.length, connections: clients.length, ...counts },
    violations: [...problems, ...violations],
  };
}

function titleOf({ engine, seed, seconds, durability, transport, plant }) {
  const bug = plant === undefined ? '' : `, planted: ${plant}`;
  return `${engine}; seed ${seed}; ${seconds} s; outbox ${durability}; transport ${transport}${bug}`;
}

function print(title, { faults, counts, violations }) {
  console.log(`\n${title}\n  faults: ${faults.join(', ') || 'none'}`);
  for (const [name, count] of Object.entries(counts)) console.log(`  ${name.padEnd(36)} ${count}`);
  if (violations.length === 0) console.log('  every rule held');
  for (const violation of violations) console.log(`  VIOLATED  ${violation}`);
}

function printSummary(results, isInterrupted, json) {
  const held = results.filter(({ violations }) => violations.length === 0).length;
  if (json) console.log(JSON.stringify(results, null, 2));
  else console.log(`\nEvery rule held in ${held} of ${results.length} runs${isInterrupted ? '; interrupted' : ''}.`);
  process.exitCode = held === results.length ? 0 : 1;
}

/** The runs that the options ask for: every seed on every engine. */
function runsOf({ seeds, seed, engine, ...common }) {
  const kinds = engine === undefined ? ENGINES : [engine];
  return Array.from({ length: seeds }, (_, index) =>
    kinds.map((kind) => ({ ...common, seed: seed + index, engine: kind })),
  ).flat();
}

async function main() {
  const { help, json, ...asked } = parseOptions();
  if (help) {
    console.log(HELP);
    return;
  }
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const report = (line) => console.error(`cluster: ${line}`);
  if (!json) console.log(`Clusters of ${asked.nodes} nodes, on ${machineLine()}`);
  const results = [];
  for (const options of runsOf(asked)) {
    if (abort.signal.aborted) break;
    report(titleOf(options));
    const verdict = await run(options, report, abort.signal);
    results.push({ ...options, ...verdict });
    if (!json) print(titleOf(options), verdict);
  }
  printSummary(results, abort.signal.aborted, json);
}

await main().catch((error) => {
  console.error(`cluster: ${error.message}`);
  process.exitCode = 2;
});
