// Sends mutated handshakes, frames and requests to a gateway and judges from outside that nobody
// else noticed.
//   npm run conformance -- fuzz                                   a million inputs, half of them to each transport
//   npm run conformance -- fuzz --inputs 1000 --seed 1 --transport ws
//   npm run conformance -- fuzz --inputs 1000 --workers 3         with three worker processes
//   npm run conformance -- fuzz --seed 1 --from 4711 --inputs 1   the input with that number again
//   npm run conformance -- fuzz --replay finish:4745...           an input as a failure has printed it
import { parseArgs } from 'node:util';
import { transportsOf } from '../support/choices.mjs';
import { machineLine } from '../support/machine.mjs';
import { Campaign, RSS_BOUND } from './campaign.mjs';
import { formatInput, generateInputs, parseInput } from './inputs.mjs';
import { PLANT_NAMES } from './planted.mjs';

const PROGRESS_EACH = 50_000;

async function fuzz(transport, { inputs, count, workers, plant, inFlight, settleMs }) {
  const startedAt = performance.now();
  const campaign = await Campaign.start(transport, workers);
  try {
    const onProgress = (sent) => showProgress(transport, sent, startedAt);
    await campaign.run(inputs, count, { plant, inFlight, onProgress });
    const seconds = (performance.now() - startedAt) / 1000;
    const verdict = await campaign.judge(settleMs);
    const rate = Math.round(campaign.counts.inputs / seconds);
    return { ...verdict, figures: { ...campaign.perKind, ...verdict.figures, 'inputs a second': rate } };
  } finally {
    await campaign.stop();
  }
}

/**
 * Which of the inputs that were under way end a gateway by themselves: one at a time is sent, until
 * it dies; then the next gateway.
 */
async function findCulprits(transport, suspects) {
  const culprits = [];
  let left = suspects;
  while (left.length > 0) {
    const { suspects: culprit } = await fuzz(transport, { inputs: left.values(), count: left.length, inFlight: 1 });
    culprits.push(...culprit);
    left = culprit.length > 0 ? left.slice(left.indexOf(culprit[0]) + 1) : [];
  }
  return culprits;
}

function showProgress(transport, sent, startedAt) {
  if (sent % PROGRESS_EACH !== 0) return;
  console.error(`${transport}: ${sent} inputs in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
}

async function report(transport, { faults, suspects, figures }) {
  console.log(`\n## ${transport}: ${faults.length === 0 ? 'well' : 'FAILED'}\n\n| what | figure |\n| --- | ---: |`);
  for (const [what, figure] of Object.entries(figures)) console.log(`| ${what} | ${figure} |`);
  for (const fault of faults) console.log(`\nFAILED: ${fault}`);
  if (suspects.length === 0) return;
  console.log(`\n${suspects.length} inputs were under way; each is tried alone:`);
  const culprits = await findCulprits(transport, suspects);
  const shown = culprits.length > 0 ? culprits : suspects;
  for (const input of shown) console.log(`${input.kind} number ${input.number}: --replay ${formatInput(input)}`);
  if (culprits.length === 0) console.log('None of them does it alone.');
}

function readFlags() {
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      from: { type: 'string', default: '0' },
      transport: { type: 'string', default: 'both' },
      replay: { type: 'string' },
      plant: { type: 'string' },
      workers: { type: 'string', default: '1' },
      'settle-ms': { type: 'string', default: '20000' },
    },
  });
  if (values.plant !== undefined && !PLANT_NAMES.includes(values.plant))
    throw new Error(`--plant is ${PLANT_NAMES.join(', ')}, not ${values.plant}`);
  const transports = transportsOf(values.transport);
  const count = values.replay === undefined ? Math.ceil(Number(values.inputs) / transports.length) : 1;
  return {
    ...values,
    transports,
    count,
    seed: Number(values.seed),
    from: Number(values.from),
    workers: Number(values.workers),
    settleMs: Number(values['settle-ms']),
  };
}

async function main() {
  const { transports, count, workers, seed, from, replay, plant, settleMs } = readFlags();
  console.log(`Fuzzing, seed ${seed}, ${count} inputs to each transport, on ${machineLine()}`);
  console.log(`RSS may grow by ${RSS_BOUND / 2 ** 20} MiB after warm-up.`);
  const failed = [];
  for (const transport of transports) {
    const inputs = replay === undefined ? generateInputs(seed, from) : [parseInput(replay)].values();
    const result = await fuzz(transport, { inputs, count, workers, plant, settleMs });
    await report(transport, result);
    if (result.faults.length > 0) failed.push(transport);
  }
  const verdict = failed.length === 0 ? 'well' : `FAILED on ${failed.join(' and ')}`;
  console.log(`\n${count * transports.length} inputs, seed ${seed}, on ${transports.join(' and ')}: ${verdict}`);
  if (failed.length > 0) process.exitCode = 1;
}

await main();
