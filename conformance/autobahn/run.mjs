// Runs Autobahn's cases against the gateway on each transport, through a backend that reads events
// and answers by /send.
//   npm run conformance -- autobahn                                 the short run and 9.*, both transports
//   npm run conformance -- autobahn --transport uws --cases short   without 9.*: some 20 s
//   npm run conformance -- autobahn --workers 3                     the same with three worker processes
//   npm run conformance -- autobahn --cases full                    12.* and 13.* too: some minutes
import { parseArgs } from 'node:util';
import { transportsOf } from '../support/choices.mjs';
import { GatewayProcess } from '../support/gateway-process.mjs';
import { machineLine } from '../support/machine.mjs';
import { EchoBackend } from './echo-backend.mjs';
import { installKosoku, runCases } from './kosoku.mjs';
import { behaviourOf, countBehaviours, formatResults } from './results.mjs';

const EXCLUDED = { short: ['9.*', '12.*', '13.*'], limits: ['12.*', '13.*'], full: [] };
const MIB = 1024 * 1024;

/**
 * Runs the selection on one transport; resolves to the results, a gateway that died or lost
 * something included.
 */
async function runTransport(transport, workers, selection) {
  const gateway = await GatewayProcess.start({
    transport,
    workers,
    endpoints: [{ path: '/echo', max_queue_bytes: 64 * MIB, max_message_size_kb: 32 * 1024 }],
    max_send_body_bytes: 32 * MIB,
  });
  const backend = await EchoBackend.start(gateway.port);
  try {
    const results = await runCases(`ws://127.0.0.1:${gateway.port}/echo`, selection);
    if (!gateway.isRunning) throw new Error(`the gateway died:\n${gateway.log}`);
    return { results, refusals: backend.refusals, gaps: backend.gaps };
  } finally {
    backend.stop();
    await gateway.stop();
  }
}

function report(transport, { results, refusals, gaps }, seconds) {
  console.log(`\n## ${transport}: ${results.length} cases in ${seconds} s\n`);
  console.log(formatResults(results));
  if (gaps > 0) console.log(`The backend missed events: ${gaps} gaps.`);
  for (const refusal of refusals.slice(0, 20)) console.log(`/send refused: ${refusal}`);
}

async function main() {
  const { values } = parseArgs({
    options: {
      transport: { type: 'string', default: 'both' },
      cases: { type: 'string', default: 'limits' },
      only: { type: 'string', multiple: true, default: [] },
      workers: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  });
  const exclude = EXCLUDED[values.cases];
  if (exclude === undefined) throw new Error(`--cases is ${Object.keys(EXCLUDED).join(', ')}, not ${values.cases}`);
  installKosoku();
  if (!values.json) console.log(`Autobahn's cases (kosoku 0.1.0) on ${machineLine()}`);
  const counts = {};
  for (const transport of transportsOf(values.transport)) {
    const startedAt = performance.now();
    const run = await runTransport(transport, Number(values.workers), { include: values.only, exclude });
    if (!values.json) report(transport, run, ((performance.now() - startedAt) / 1000).toFixed(0));
    counts[transport] = countBehaviours(run.results);
    const failed = run.results.filter((result) => behaviourOf(result) === 'FAILED');
    if (failed.length > 0 || run.gaps > 0) process.exitCode = 1;
  }
  if (values.json) console.log(JSON.stringify(counts));
}

await main();
