// npm run conformance -- chaos: 50 clients send numbered messages while broker and gateway are killed (-9) and
// restarted at random, then what the broker has is judged against what was written. Exit 0: every
// rule held. See judge.mjs for the rules, planted/ for bugs that it must catch.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Clients } from './clients.mjs';
import { GatewayProcess } from './gateway.mjs';
import { judge } from './judge.mjs';
import { between, seededRandom } from './random.mjs';
import { RedisBroker } from './redis.mjs';
import { killWorkers } from './workers.mjs';

const SETTLE_MS = 1_000;
const WRITE_BOUND_MS = 60_000;
const PROGRESS_EACH_MS = 5_000;
const PLANTS = ['drop-one', 'reorder-two', 'acknowledge-early', 'close-early', 'close-twice'];

/** The runs without flags: every combination that the guarantees name. */
const SUITE = [
  { durability: 'memory', fsync: 'interval', kill: 'broker' },
  { durability: 'disk', fsync: 'always', kill: 'broker' },
  { durability: 'disk', fsync: 'always', kill: 'both' },
  { durability: 'memory', fsync: 'interval', kill: 'both' },
];

const OPTIONS = {
  seconds: { type: 'string', default: '60' },
  seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  clients: { type: 'string', default: '50' },
  transport: { type: 'string', default: 'ws' },
  durability: { type: 'string' },
  fsync: { type: 'string', default: 'always' },
  kill: { type: 'string' },
  workers: { type: 'string', default: '1' },
  plant: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

const HELP = `npm run conformance -- chaos [--seconds 60] [--seed N] [--clients 50] [--transport uws|ws] [--json]
  one run:   --durability memory|disk [--fsync always|interval|never] [--kill broker|gateway|both|worker]
  --workers 3: one run on disk with fsync always, in which a random worker is killed each 0.3 to 2 s
  a planted bug, which must be caught (exit 1): --plant ${PLANTS.join('|')}
Without --durability all combinations run, one after another.`;

/** Kills what is to be killed, again and again, until the time is over; both run at the end. */
async function wreak({ seconds, kill, random, broker, gateway, kills, boots, signal }) {
  const end = performance.now() + seconds * 1000;
  const targets = { broker: [broker], gateway: [gateway], both: [broker, gateway] }[kill];
  while (performance.now() < end && !signal.aborted) {
    await sleep(Math.min(between(random, 500, 3_000), Math.max(0, end - performance.now())));
    if (performance.now() >= end || signal.aborted) break;
    const target = targets[Math.floor(random() * targets.length)];
    kills[target === broker ? 'broker' : 'gateway'] += 1;
    const killedAtMs = performance.now();
    await target.kill();
    if (target === gateway) boots.splice(-1, 1, { killedAtMs }, { killedAtMs: undefined });
    if (target === broker) await sleep(between(random, 0, 2_000));
    await target.restart();
  }
}

function wreakWorkers({ boots, ...options }) {
  return killWorkers({ ...options, onRestart: () => boots.push({ killedAtMs: undefined }) });
}

async function run(options, report, signal) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-chaos-'));
  const random = seededRandom(options.seed);
  const kills = { broker: 0, gateway: 0 };
  const boots = [{ killedAtMs: undefined }];
  const broker = await RedisBroker.start(folder);
  let gateway;
  try {
    gateway = await GatewayProcess.start({ ...options, folder, broker });
    const clients = new Clients(`ws://127.0.0.1:${gateway.port}/ws`, random, () => boots.length - 1);
    clients.start(options.clients);
    const progress = setInterval(
      () => report(`${clients.written} messages written, ${kills.broker} + ${kills.gateway} kills`),
      PROGRESS_EACH_MS,
    );
    const wreaking = { ...options, random, broker, gateway, kills, boots, signal };
    const workers = await (options.kill === 'worker' ? wreakWorkers(wreaking) : wreak(wreaking)).finally(() =>
      clearInterval(progress),
    );
    // On a busy machine the gateway may have been killed each time before a client was connected:
    // then nothing would be judged.
    await clients.someWritten(WRITE_BOUND_MS);
    await clients.stop();
    await sleep(SETTLE_MS);
    await gateway.stop();
    const mayLoseEnds = options.durability === 'memory' && kills.gateway > 0;
    const verdict = judge({
      sessions: clients.sessions,
      events: await broker.events(),
      boots,
      mayLoseEnds,
      workers: workers && { ...workers, dials: clients.dials },
    });
    return { ...verdict, counts: { 'broker kills': kills.broker, 'gateway kills': kills.gateway, ...verdict.counts } };
  } finally {
    await gateway?.kill();
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function titleOf({ durability, fsync, kill, workers, transport, seconds, seed, plant }) {
  const bug = plant === undefined ? '' : `, planted: ${plant}`;
  const how = durability === 'disk' ? `disk, fsync ${fsync}` : 'memory';
  return `${how}; kills: ${kill}${workers > 1 ? ` of ${workers}` : ''}; transport ${transport}; ${seconds} s; seed ${seed}${bug}`;
}

function print(title, { counts, violations }) {
  console.log(`\n${title}`);
  for (const [name, count] of Object.entries(counts)) console.log(`  ${name.padEnd(26)} ${count}`);
  if (violations.length === 0) console.log('  every rule held');
  for (const violation of violations) console.log(`  VIOLATED  ${violation}`);
}

function parse() {
  const { values } = parseArgs({ options: OPTIONS });
  const number = (name) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`--${name} must be a whole number from 1, not '${String(values[name])}'`);
    return value;
  };
  const oneOf = (name, choices) => {
    if (values[name] !== undefined && !choices.includes(values[name])) {
      throw new Error(`--${name} must be one of ${choices.join(', ')}, not '${String(values[name])}'`);
    }
  };
  oneOf('durability', ['memory', 'disk']);
  oneOf('fsync', ['always', 'interval', 'never']);
  oneOf('kill', ['broker', 'gateway', 'both', 'worker']);
  oneOf('transport', ['uws', 'ws']);
  oneOf('plant', PLANTS);
  const numbers = Object.fromEntries(['seconds', 'seed', 'clients', 'workers'].map((name) => [name, number(name)]));
  return { ...values, ...numbers };
}

/** The runs that the options ask for: workers are killed where there are several. */
function combinationsOf({ durability, kill, fsync, workers }) {
  if (workers > 1) return [{ durability: durability ?? 'disk', kill: kill ?? 'worker', fsync }];
  return durability === undefined ? SUITE : [{ durability, kill: kill ?? 'both', fsync }];
}

async function main() {
  const { help, json, durability, kill, fsync, ...common } = parse();
  if (help) {
    console.log(HELP);
    return;
  }
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const report = (line) => console.error(`chaos: ${line}`);
  const results = [];
  const combinations = combinationsOf({ durability, kill, fsync, workers: common.workers });
  for (const [index, combination] of combinations.entries()) {
    if (abort.signal.aborted) break;
    const options = { ...common, ...combination };
    report(`run ${index + 1} of ${combinations.length}: ${titleOf(options)}`);
    const verdict = await run(options, report, abort.signal);
    results.push({ ...options, ...verdict });
    if (!json) print(titleOf(options), verdict);
  }
  const held = results.filter(({ violations }) => violations.length === 0).length;
  if (json) console.log(JSON.stringify(results, null, 2));
  else
    console.log(
      `\nEvery rule held in ${held} of ${results.length} runs${abort.signal.aborted ? '; interrupted' : ''}.`,
    );
  process.exitCode = held === results.length ? 0 : 1;
}

await main().catch((error) => {
  console.error(`chaos: ${error.message}`);
  process.exitCode = 2;
});
