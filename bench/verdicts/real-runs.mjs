// The verdicts on real runs: ten of one build, and a change that is real: echo through a proxy that
// delays, by 20 % of the base's p50 more.
//   npm run bench -- verdicts-real   about 9 minutes; SECONDS and RUNS make it shorter
// Base and changed runs alternate, so that what the machine does beside it meets both.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const here = import.meta.dirname;
const WSG = join(here, '..', '..', 'bin', 'run.js');
const PROXY = join(here, '..', 'clock', 'delay-proxy.mjs');
const SERVER = join(here, '..', '..', 'examples', 'ci', 'test-server.mjs');
const SECONDS = Number(process.env.SECONDS ?? 30);
const RUNS = Number(process.env.RUNS ?? 5);
const BASE_DELAY_MS = 5;
const TRIES = 3;
const GATE = ['--gate', 'ws_rtt p(50) < +10%'];
/** The proxies have a port each, and so the runs a target: the same server in all. */
const ALLOWED = ['--allow-different', 'target,plan'];

const folder = mkdtempSync(join(tmpdir(), 'wsg-real-runs-'));

async function firstLine(child) {
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('a process ended without a word');
}

async function startServer() {
  const server = spawn(process.execPath, [SERVER], {
    env: { ...process.env, TARGET: 'ws://127.0.0.1:0/', DELAY_MS: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { server, port: Number(/\d+$/.exec(await firstLine(server))[0]) };
}

async function startProxy(port, delayMs) {
  const proxy = spawn(process.execPath, [PROXY, port, delayMs, 0, 1].map(String), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { port: own } = JSON.parse(await firstLine(proxy));
  return { url: `ws://127.0.0.1:${own}/`, stop: () => proxy.stdin.end() };
}

/** Repeats a run whose generator was the bottleneck. */
function load(url, name) {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const path = join(folder, `${name}-${attempt}.run`);
    const args = [
      'loadtest',
      '--scenario',
      'echo',
      '--url',
      url,
      '--vus',
      '20',
      '--rate',
      '200',
      '--duration',
      `${SECONDS}s`,
    ];
    const { status, stderr } = spawnSync(process.execPath, [WSG, ...args, '--run', path, '-q'], { encoding: 'utf8' });
    if (status === 0) return path;
    if (status !== 13) throw new Error(`${status}: ${stderr}`);
  }
  throw new Error(`the generator was the bottleneck ${TRIES} times`);
}

function verdict(args) {
  const { stdout } = spawnSync(process.execPath, [WSG, 'report', ...args, ...GATE, ...ALLOWED, '--json'], {
    encoding: 'utf8',
  });
  const { gates } = JSON.parse(stdout);
  return { verdict: gates[0].verdict, change: gates[0].change, base: gates[0].base.value, next: gates[0].next.value };
}

function count(verdicts) {
  const words = ['regression', 'inconclusive', 'within budget', 'improvement', 'unjudged', 'invalid'];
  return words.flatMap((word) => {
    const times = verdicts.filter((one) => one.verdict === word).length;
    return times === 0 ? [] : [`${word} ${times}`];
  });
}

function changes(verdicts) {
  const all = verdicts.map(({ change }) => change * 100).toSorted((a, b) => a - b);
  return `${all[0].toFixed(1)} to ${all.at(-1).toFixed(1)} %`;
}

/** Each way to compare, what it said, and what it should have. */
function judge(bases, slow) {
  const [even, odd] = [0, 1].map((rest) => bases.filter((_, index) => index % 2 === rest));
  const baselines = even.flatMap((one) => ['--baseline', one]);
  const neighbours = bases.slice(1).map((run, index) => verdict([bases[index], run]));
  return [
    { title: 'one of one build against the one before', verdicts: neighbours, wanted: 'no regression' },
    {
      title: `${RUNS} against ${RUNS} of one build`,
      verdicts: [verdict([...odd, '--against', ...even])],
      wanted: 'no regression',
    },
    {
      title: `one of one build against ${RUNS} others`,
      verdicts: odd.map((run) => verdict([run, ...baselines])),
      wanted: 'no regression',
    },
    {
      title: `one with the delay against ${RUNS}`,
      verdicts: slow.map((run) => verdict([run, ...baselines])),
      wanted: 'regression',
    },
    {
      title: `${RUNS} with the delay against ${RUNS}`,
      verdicts: [verdict([...slow, '--against', ...even])],
      wanted: 'regression',
    },
  ];
}

function print(rows, p50) {
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString()}; runs of ${SECONDS} s, 200 messages/s, p50 of the base ${p50.toFixed(2)} ms, gate \`${GATE[1]}\`\n`,
  );
  console.log('| runs | changes | verdicts | wanted | |\n| --- | --- | --- | --- | --- |');
  for (const { title, verdicts, wanted } of rows) {
    const holds = verdicts.every((one) => (one.verdict === 'regression') === (wanted === 'regression'));
    console.log(
      `| ${title} | ${changes(verdicts)} | ${count(verdicts).join(', ')} | ${wanted} | ${holds ? 'holds' : 'does not hold'} |`,
    );
  }
}

async function main() {
  const { server, port } = await startServer();
  const base = await startProxy(port, BASE_DELAY_MS);
  let changed;
  try {
    const first = load(base.url, 'warm-up');
    const p50 = verdict([first, first]).base;
    changed = await startProxy(port, BASE_DELAY_MS + 0.2 * p50);
    const [bases, slow] = [[], []];
    for (let run = 0; run < RUNS; run += 1) {
      bases.push(load(base.url, `base-${2 * run}`), load(base.url, `base-${2 * run + 1}`));
      slow.push(load(changed.url, `slow-${run}`));
      console.error(`${run + 1} of ${RUNS} turns`);
    }
    print(judge(bases, slow), p50);
  } finally {
    base.stop();
    changed?.stop();
    server.kill();
    rmSync(folder, { recursive: true });
  }
}

await main();
