import { systemClock, type Clock } from '../../core/clock.js';
import { parseDevhelpersOptions } from './devhelpers-options.js';
import { HelperLoop } from './helper-loop.js';
import { HelperRoutine } from './helper-routine.js';
import type { Plugin, PluginContext } from './plugin.js';

const REPORT_EACH_MS = 5000;

/** The plugin behind `wsg devhelpers`: reports, marks and broadcasts, as the snapshot's worker did. */
export function createDevhelpers(clock: Clock = systemClock): Plugin {
  let stop = (): void => undefined;
  return {
    start(context) {
      const { pauseMs, wakeUpMs, roundsPerFlush } = parseDevhelpersOptions(context.options);
      const routine = new HelperRoutine(context, clock);
      const loop = new HelperLoop(routine, { pauseMs, wakeUpMs, roundsPerFlush, clock });
      const cancelReports = every(REPORT_EACH_MS, clock, () => {
        reportConnections(context);
        markAll(context, clock);
        routine.reportSkipped();
      });
      stop = () => {
        loop.stop();
        cancelReports();
      };
      context.signal.addEventListener('abort', stop, { once: true });
      loop.start();
    },
    stop: () => stop(),
  };
}

function every(periodMs: number, clock: Clock, task: () => void): () => void {
  let cancel = clock.schedule(run, periodMs);
  function run(): void {
    task();
    cancel = clock.schedule(run, periodMs);
  }
  return () => cancel();
}

function reportConnections({ connections, log }: PluginContext): void {
  const { heapUsed, external } = process.memoryUsage();
  log.info('helper.connections', {
    connections: connections.size,
    goroutines: process.getActiveResourcesInfo().length,
    memoryKb: Math.round((heapUsed + external) / 1024),
  });
}

function markAll({ connections, log }: PluginContext, clock: Clock): void {
  const startedAt = clock.now();
  let count = 0;
  for (const connection of connections) {
    connection.setTag('seen', '1');
    count += 1;
  }
  log.info('helper.marked', { count, tookMs: clock.now() - startedAt });
}
