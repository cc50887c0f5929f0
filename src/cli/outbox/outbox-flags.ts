import * as Flags from '@oclif/core/flags';
import { parseDuration } from '../../core/duration.js';
import { WsgError } from '../../core/error.js';
import { systemClock } from '../../core/clock.js';
import { SINK_NAMES, type LetterFilter } from '../../gateway/index.js';

/** Flags of all `wsg outbox` commands. */
export const outboxFlags = {
  config: Flags.string({
    helpValue: 'FILE',
    description: "The gateway's configuration file; ./config.yml by default.",
  }),
  dir: Flags.string({
    helpValue: 'FOLDER',
    description: 'Folder of the dead letters; overrides the configuration.',
  }),
  sink: Flags.option({
    options: SINK_NAMES,
    multiple: true,
    description: 'Only letters of this sink; may be repeated.',
  })(),
  reason: Flags.string({ helpValue: 'TEXT', description: 'Only letters whose reason contains this text.' }),
  since: Flags.string({
    helpValue: 'TIME',
    description: 'Only letters refused at this time or later: 2026-11-30T08:00:00Z, or 2h for two hours ago.',
  }),
  until: Flags.string({ helpValue: 'TIME', description: 'Only letters refused before this time.' }),
  id: Flags.string({
    helpValue: 'ID',
    multiple: true,
    description: 'Only the letter of the event with this id; may be repeated.',
  }),
  json: Flags.boolean({ description: 'Print one JSON object.' }),
} as const;

/** Values of these flags. */
export interface OutboxFlags {
  readonly config: string | undefined;
  readonly dir: string | undefined;
  readonly sink: readonly string[] | undefined;
  readonly reason: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly id: readonly string[] | undefined;
  readonly json: boolean;
}

/** Filter of these flags. Throws `usage` for an invalid time. */
export function letterFilter({ reason, since, until, id }: OutboxFlags): LetterFilter {
  return {
    reason,
    sinceMs: since === undefined ? undefined : timeOf('since', since),
    untilMs: until === undefined ? undefined : timeOf('until', until),
    ids: id === undefined ? undefined : new Set(id),
  };
}

/** True when the flags select some of the letters. */
export function isFiltered({ sink, reason, since, until, id }: OutboxFlags): boolean {
  return [sink, reason, since, until, id].some((flag) => flag !== undefined);
}

/** Parses a time or a duration. A duration has a unit: a bare number would be a year. */
function timeOf(flag: string, text: string): number {
  const agoMs = /[a-z]$/.test(text) ? parseDuration(text) : undefined;
  const atMs = agoMs === undefined ? Date.parse(text) : systemClock.wallNow() - agoMs;
  if (!Number.isNaN(atMs)) return atMs;
  throw new WsgError('usage', `--${flag} must be a time or a duration (got '${text}').`, {
    hint: 'For example 2026-11-30T08:00:00Z, or 2h for two hours ago.',
  });
}
