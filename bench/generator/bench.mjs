// How many received messages our generator handles for a CPU-second, beside the reference client.
// Runs alone: node bench.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const name = 'generator';

const here = import.meta.dirname;
const CONNECTIONS = 100;
const SECONDS = 3;
const ROUNDS = 3;

const LOADS = [
  { title: '(i) one message a segment, 50 k/s offered', batch: 1, everyMs: 2, wanted: 0.6 },
  { title: '(ii) 50 merged into one segment, 1 M/s offered', batch: 50, everyMs: 5, wanted: 0.35 },
  { title: '10 merged into one segment, 1 M/s offered', batch: 10, everyMs: 1 },
];

/** Runs a script on one core of the machine, where the system can do that. */
function run(script, args, core) {
  const command = [process.execPath, join(here, script), ...args.map(String)];
  const [file, ...rest] = process.platform === 'linux' ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function firstLine(child) {
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('a process ended without a word');
}

async function measureOnce(script, load) {
  const sender = run('sender.mjs', [load.batch, load.everyMs], 0);
  try {
    const url = `ws://127.0.0.1:${await firstLine(sender)}/`;
    const client = run(script, [url, CONNECTIONS, SECONDS], 1);
    const exited = once(client, 'exit');
    const result = JSON.parse(await firstLine(client));
    await exited;
    if (result.wrong > 0) throw new Error(`${script} took ${result.wrong} messages for wrong`);
    return { ...result, perCpuS: result.messages / result.cpuS };
  } finally {
    sender.kill();
  }
}

function median(results) {
  return results.toSorted((a, b) => a.perCpuS - b.perCpuS)[Math.floor(results.length / 2)];
}

function row(load, ours, reference) {
  const thousands = (result) => `${Math.round(result.perCpuS / 1000)} k`;
  const ratio = ours.perCpuS / reference.perCpuS;
  return {
    load: load.title,
    'wsg, messages a CPU-second': thousands(ours),
    'reference client': thousands(reference),
    ratio: ratio.toFixed(2),
    wanted:
      load.wanted === undefined ? '' : `at least ${load.wanted.toFixed(2)}${ratio >= load.wanted ? '' : ', missed'}`,
    'received a second': `${Math.round(ours.messages / SECONDS / 1000)} k`,
    'event loop busy': `${Math.round(ours.loop * 100)} %`,
  };
}

export async function measure() {
  const rows = [];
  for (const load of LOADS) {
    const ours = [];
    const reference = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await measureOnce('generator.mjs', load));
      reference.push(await measureOnce('reference-client.mjs', load));
    }
    rows.push(row(load, median(ours), median(reference)));
  }
  return {
    title: 'What the load generator receives for a CPU-second',
    rows,
    notes: [
      `${CONNECTIONS} connections, ${SECONDS} s a run, median of ${ROUNDS} interleaved runs; sender on core 0, client on core 1.`,
      'wsg: the built-in scenario with both checks and all metrics, start of its thread included. Reference: ws, each message decoded to a string and compared.',
      'Both clients do little but read: most of what is left of wsg on one message a segment is the system call.',
    ],
  };
}

if (process.argv[1] === import.meta.filename) console.table((await measure()).rows);
