import * as Flags from '@oclif/core/flags';
import { WsgError } from '../core/error.js';
import { parseListenAddress, type ListenAddress } from '../core/listen-address.js';

/** What `wsg loadtest` was told of who is to see the run. */
export interface WatchFlags {
  readonly live?: string | undefined;
  readonly dashboard?: string | undefined;
  readonly 'summary-export'?: string | undefined;
}

const LIVE_MODES = ['lines', 'full'] as const;

/** Those of them that are no output. */
export const watchFlags = {
  live: Flags.string({
    helpValue: 'MODE',
    description: "lines: k6's progress, the default; full: also rates, response times, thresholds and health.",
  }),
  dashboard: Flags.string({
    helpValue: '[HOST:PORT]',
    description: 'Serve a page with charts of the run as it goes; on 127.0.0.1:5665 by default.',
  }),
  'summary-export': Flags.string({ helpValue: 'FILE', description: "Write the summary as k6's flat JSON, too." }),
};

/** Throws `options.invalid` with all problems at once. */
export function readWatchFlags({ live, dashboard }: WatchFlags): { readonly dashboard: ListenAddress | undefined } {
  const address = dashboard === undefined ? undefined : parseListenAddress(dashboard);
  const problems: string[] = [];
  if (live !== undefined && !LIVE_MODES.some((mode) => mode === live)) {
    problems.push(`live: '${live}' is none of ${LIVE_MODES.join(', ')}`);
  }
  if (dashboard !== undefined && address === undefined) problems.push(`dashboard: '${dashboard}' must be a host:port`);
  if (problems.length > 0) throw new WsgError('options.invalid', 'The run cannot be watched as asked.', { problems });
  return { dashboard: address };
}
