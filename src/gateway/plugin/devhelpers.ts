import { z } from 'zod';
import { WsgError } from '../../core/error.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { HelperLoop, HelperRoutine } from './helper-loop.js';
import type { Plugin, PluginContext } from './plugin.js';

const SCHEMA = z.strictObject({
  /** Milliseconds between two broadcasts; 0 sends as fast as possible. */
  pauseMs: z.number().min(0).max(3_600_000).default(0.1),
  /** Broadcasts per turn of the event loop when `pauseMs` is 0. */
  roundsPerFlush: z.int().min(1).max(100_000).default(16),
  /**
   * With a pause: minimum sleep in milliseconds; the rounds of one wake-up are written together.
   * Measured with 100 receivers and 10,000 rounds a second: 1 ms costs gateway and readers 0.87
   * cores, 2 to 4 ms 0.75, 5 ms 0.7.
   */
  wakeUpMs: z.number().min(1).max(1000).default(5),
});

/** Options of the `devhelpers` plugin, with defaults applied. */
export type DevhelpersOptions = z.output<typeof SCHEMA>;

/** Parses the options from the configuration. Throws `plugin.failed` with every problem. */
export function parseDevhelpersOptions(options: Readonly<Record<string, unknown>>): DevhelpersOptions {
  const parsed = SCHEMA.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
  throw new WsgError('plugin.failed', `The options of the plugin devhelpers are invalid: ${problems.join('; ')}`, {
    hint: 'Valid options are pauseMs, wakeUpMs and roundsPerFlush.',
    problems,
  });
}

const REPORT_EACH_MS = 5000;

/**
 * Creates the plugin behind `wsg devhelpers`. It reports, marks and broadcasts like the worker of
 * the original wsgateway.
 */
export function createDevhelpers(clock: Clock = systemClock): Plugin {
  let stop = (): void => undefined;
  return {
    perWorker: true,
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
