// Runs a gateway for a long time with clients that come and go, tags that change and a broker that
// restarts; judges what was lost and whether memory grows. Ctrl-C ends it with the verdict so far.
//   npm run conformance -- soak --minutes 20
//   npm run conformance -- soak --minutes 6 --transport ws --broker memory --clients 100
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { GatewayApi } from '../support/gateway-api.mjs';
import { GatewayProcess } from '../support/gateway-process.mjs';
import { machineLine } from '../support/machine.mjs';
import { Account } from './account.mjs';
import { Backend } from './backend.mjs';
import { Crowd } from './crowd.mjs';
import { MemoryEvents } from './memory-events.mjs';
import { MemoryWatch } from './memory-watch.mjs';
import { RedisEvents } from './redis-events.mjs';

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const RESTART_EACH_MS = 45_000;
const LONGEST_AWAY_MS = 4_000;
/** Longest wait, once the clients have left, for the last events. */
const SETTLE_MS = 30_000;

/** The parts of one soak, in the order in which they start. */
async function startParts({ transport, broker, clients, plant }) {
  const account = new Account();
  const parts = { account };
  let hasLost = plant !== 'loss';
  const onEvent = (event, id) => {
    if (!hasLost && event.action === 'message') {
      hasLost = true;
      return;
    }
    account.event(event, id);
    parts.backend.event(event);
  };
  parts.events = broker === 'redis' ? await RedisEvents.start(onEvent) : new MemoryEvents(onEvent);
  const config = {
    transport,
    endpoints: [{ path: '/soak', set_tags: { run: 'soak' }, stream_include_tags: ['run', 'room'] }],
    events: { ring_max_bytes: 4 * MIB },
    prometheus: { enabled: true },
    ...parts.events.config,
  };
  const preload = plant === 'leak' ? [new URL('planted-leak.mjs', import.meta.url).href] : [];
  parts.gateway = await GatewayProcess.start(config, { preload });
  parts.api = new GatewayApi(parts.gateway.port);
  parts.backend = new Backend(parts.api);
  parts.crowd = new Crowd(`ws://127.0.0.1:${parts.gateway.port}/soak`, account);
  parts.watch = new MemoryWatch(parts.gateway);
  await parts.events.follow(parts.gateway.port);
  parts.backend.start();
  parts.crowd.start(clients);
  parts.watch.start();
  return parts;
}

/** Restarts the broker now and then until the signal; one that is under way is finished. */
async function restartBroker(events, signal) {
  const pause = () => sleep(RESTART_EACH_MS * (0.5 + Math.random()), true, { signal }).catch(() => false);
  while (await pause()) await events.restart(Math.random() * LONGEST_AWAY_MS);
}

/** Prints a line a minute until the time is over, somebody ends it, or the gateway dies. */
async function letRun(parts, minutes, signal) {
  console.log(
    '| minute | open | sessions | written | delivered | to clients | received | restarts | RSS MiB | heap MiB |',
  );
  console.log(`|${' ---: |'.repeat(10)}`);
  for (let minute = 1; minute <= Math.ceil(minutes) && !signal.aborted; minute += 1) {
    const rest = Math.min(1, minutes - minute + 1) * MINUTE_MS;
    const time = sleep(rest, undefined, { signal }).catch(() => undefined);
    const died = parts.gateway.ended.then(() => 'died');
    if ((await Promise.race([time, died])) === 'died') return;
    printLine(parts, minute);
  }
}

function printLine({ account, backend, crowd, events, watch }, minute) {
  const { sessions, written, delivered } = account.totals;
  const { rss, heap } = watch.latest;
  const memory = [rss.toFixed(1), heap.toFixed(1)];
  const cells = [minute, crowd.open, sessions, written, delivered, backend.accepted, crowd.received, events.restarts];
  console.log(`| ${[...cells, ...memory].join(' | ')} |`);
}

/** Lets everybody leave and says what is wrong. */
async function settle(parts) {
  const { account, api, backend, crowd, gateway, watch } = parts;
  const faults = [];
  await watch.stop();
  await backend.stop();
  if (gateway.isRunning) await crowd.stop();
  else return [`the gateway died:\n${gateway.log}`];
  const deadline = performance.now() + SETTLE_MS;
  while (account.unsettled > 0 && performance.now() < deadline) await sleep(100);
  account.finish();
  const left = await api.connections();
  if (left.length > 0) faults.push(`/status still shows ${left.length} connections`);
  // Taken by a connection whose client was about to leave: the gateway counts those that it could
  // not write any more.
  parts.unsent = await api.metric('messages_unsent_total');
  const lost = backend.accepted - crowd.received - parts.unsent;
  if (lost !== 0)
    faults.push(
      `connections took ${backend.accepted} messages, clients received ${crowd.received}, ${parts.unsent} unsent`,
    );
  if (account.faultCount > 0) faults.push(`${account.faultCount} faults of events, the first:`, ...account.faults);
  return [...faults, ...backend.faults];
}

function printVerdict(parts, faults) {
  const { account, backend, crowd, events, watch } = parts;
  const { verdict, rss, heap, minutes } = watch.judge();
  printLine(parts, 'end');
  console.log(
    `\nTotals: ${JSON.stringify(account.totals)}, tags set ${backend.tagged}, broker restarts ${events.restarts},`,
  );
  console.log(
    `closed by the gateway ${JSON.stringify(crowd.closedByGateway)}, dials refused ${crowd.refusedDials}, unsent ${parts.unsent}`,
  );
  console.log(`\nMemory, ${minutes.toFixed(1)} min after warm-up, minima of half minutes: ${verdict}`);
  console.log(`RSS grows by ${formatSlope(rss)}, the heap by ${formatSlope(heap)}.`);
  console.log(faults.length === 0 ? 'Nothing was lost.' : faults.map((fault) => `FAILED: ${fault}`).join('\n'));
  return faults.length === 0 && verdict !== 'grows';
}

function formatSlope(estimate) {
  if (estimate === undefined) return 'an amount that so short a run cannot tell';
  const [slope, low, high] = [estimate.slope, estimate.low, estimate.high].map((value) => value.toFixed(3));
  return `${slope} MiB a minute (95 %: ${low} to ${high})`;
}

function readFlags() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '20' },
      transport: { type: 'string', default: 'uws' },
      broker: { type: 'string', default: 'redis' },
      clients: { type: 'string', default: '200' },
      plant: { type: 'string' },
    },
  });
  if (!['redis', 'memory'].includes(values.broker)) throw new Error('--broker is redis or memory');
  return { ...values, minutes: Number(values.minutes), clients: Number(values.clients) };
}

async function main() {
  const flags = readFlags();
  const { minutes, transport, broker, clients } = flags;
  console.log(`Soak of ${minutes} min, ${clients} clients, ${transport}, broker ${broker}, on ${machineLine()}\n`);
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort()).once('SIGTERM', () => abort.abort());
  const parts = await startParts(flags);
  try {
    const restarting = restartBroker(parts.events, abort.signal);
    await letRun(parts, minutes, abort.signal);
    abort.abort();
    await restarting;
    const faults = await settle(parts);
    process.exitCode = printVerdict(parts, faults) ? 0 : 1;
  } finally {
    await parts.gateway.stop();
    await parts.events.stop();
  }
}

await main();
