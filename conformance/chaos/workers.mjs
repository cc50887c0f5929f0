import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { between } from './random.mjs';

/** A gateway whose workers die five times within a minute ends, as it should. */
const MOST_KILLS = 4;
const LOOK_EACH_MS = 2;
const POLL_EACH_MS = 20;
const RESTARTED_BOUND_MS = 30_000;

/**
 * Kills (-9) a random worker each 0.3 to 2 s until the time is over. After every `MOST_KILLS` of
 * them the gateway is stopped in good order and started again. Gives `{kills, downtimes}` for
 * judgeWorkers. `onRestart()` is called when another start of the gateway begins.
 */
export async function killWorkers({ seconds, random, gateway, workers, onRestart, signal }) {
  const end = performance.now() + seconds * 1000;
  const found = { kills: [], downtimes: [] };
  const isOver = () => performance.now() >= end || signal.aborted;
  while (!isOver()) {
    for (let kill = 0; kill < MOST_KILLS && !isOver(); kill++) {
      await sleep(Math.min(between(random, 300, 2_000), Math.max(0, end - performance.now())));
      if (!isOver()) found.kills.push(await killOne(gateway, random));
    }
    await allRunning(gateway, workers);
    if (isOver()) break;
    const fromMs = performance.now();
    await gateway.stop();
    onRestart();
    await gateway.restart();
    found.downtimes.push({ fromMs, toMs: performance.now() });
  }
  return found;
}

/** Kills a worker. Another one accepts connections meanwhile: with none, nobody can connect. */
async function killOne(gateway, random) {
  let running = gateway.listeningWorkers;
  while (running.length < 2) {
    await sleep(POLL_EACH_MS);
    running = gateway.listeningWorkers;
  }
  const { worker, pid } = running[Math.floor(random() * running.length)];
  const killedAtMs = performance.now();
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await sleep(LOOK_EACH_MS);
  return { worker, killedAtMs, goneAtMs: performance.now() };
}

function isAlive(pid) {
  try {
    return existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

async function allRunning(gateway, workers) {
  const until = performance.now() + RESTARTED_BOUND_MS;
  while (gateway.workers.length < workers) {
    if (performance.now() > until)
      throw new Error(`${gateway.workers.length} of ${workers} workers run:\n${gateway.output}`);
    await sleep(50);
  }
}
