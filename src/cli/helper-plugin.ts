import { parseDuration } from '../core/duration.js';
import { WsgError } from '../core/error.js';
import type { GatewaySession } from './gateway-session.js';

/** The configuration entry of the helper loop for what was asked of it; `usage` when the pause is no duration. */
export function helperPlugin(pause: string, roundsPerFlush: number | undefined): GatewaySession['plugins'][number] {
  const pauseMs = parseDuration(pause);
  if (pauseMs === undefined || pauseMs < 0) {
    throw new WsgError('usage', `'${pause}' of --pause must be a duration such as 0.1ms, 5ms or 0.`);
  }
  return { module: 'devhelpers', options: { pauseMs, ...(roundsPerFlush !== undefined && { roundsPerFlush }) } };
}
