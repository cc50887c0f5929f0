import { z } from 'zod';
import { WsgError } from '../../core/error.js';

const SCHEMA = z.strictObject({
  /** Milliseconds between two broadcasts; 0 is as fast as it goes. */
  pauseMs: z.number().min(0).max(3_600_000).default(0.1),
  /** Broadcasts between two turns of the event loop when `pauseMs` is 0. */
  roundsPerFlush: z.int().min(1).max(100_000).default(16),
  /**
   * With a pause: milliseconds that the loop sleeps at least; the rounds of one wake-up leave together. Measured with 100
   * receivers and 10,000 rounds a second: 1 ms costs gateway and readers 0.87 cores, 2 to 4 ms 0.75, 5 ms 0.7.
   */
  wakeUpMs: z.number().min(1).max(1000).default(5),
});

/** Options of the `devhelpers` plugin, complete. */
export type DevhelpersOptions = z.output<typeof SCHEMA>;

/** Reads the options as the configuration gives them. Throws `plugin.failed` with every problem. */
export function parseDevhelpersOptions(options: Readonly<Record<string, unknown>>): DevhelpersOptions {
  const parsed = SCHEMA.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
  throw new WsgError('plugin.failed', `The options of the plugin devhelpers are invalid: ${problems.join('; ')}`, {
    hint: 'They are pauseMs, wakeUpMs and roundsPerFlush.',
    problems,
  });
}
