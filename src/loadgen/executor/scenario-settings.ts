import { formatGoDuration } from '../../core/duration.js';
import type { Stage } from '../pacing/stages.js';
import { settingIn, within, type OptionReader, type Place, type Setting } from '../options/option-reader.js';

/** k6's limit for durations of executors. */
export const MIN_DURATION_MS = 1000;
export const DEFAULT_MAX_DURATION_MS = 600_000;
export const DEFAULT_RAMP_DOWN_MS = 30_000;

/** The settings of one scenario, as an object of a script or a file has them. */
export class ScenarioSettings {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #place: Place;
  readonly #reader: OptionReader;

  constructor(values: Readonly<Record<string, unknown>>, place: Place, reader: OptionReader) {
    this.#values = values;
    this.#place = place;
    this.#reader = reader;
  }

  get(key: string): Setting | undefined {
    return settingIn(this.#values, key, this.#place);
  }

  integer(key: string, rule: { readonly least: number; readonly otherwise: number }): number {
    return this.#reader.integer(this.get(key), rule);
  }

  duration(key: string, rule: { readonly leastMs: number; readonly otherwise: number }): number {
    return this.#reader.duration(this.get(key), rule);
  }

  /** Complains when there is no duration. */
  requiredDuration(): number {
    this.require('duration');
    return this.duration('duration', { leastMs: MIN_DURATION_MS, otherwise: MIN_DURATION_MS });
  }

  /** Complains when there are no stages. */
  requiredStages(): Stage[] {
    const stages = this.get('stages');
    if (stages !== undefined) return readStages(stages, this.#reader);
    this.complain('stages', 'at least one is required');
    return [];
  }

  require(key: string): void {
    if (this.get(key) === undefined) this.complain(key, 'it is required');
  }

  complain(key: string, problem: string): void {
    this.#reader.complain(within(this.#place, key), problem);
  }
}

/** The stages of a list, each with a duration and a target. */
export function readStages(setting: Setting, reader: OptionReader): Stage[] {
  const items = reader.list(setting) ?? [];
  if (Array.isArray(setting.value) && items.length === 0) reader.complain(setting, 'at least one is required');
  return items.flatMap((item) => {
    const stage = reader.record(item);
    if (stage === undefined) return [];
    for (const key of Object.keys(stage)) {
      if (key !== 'duration' && key !== 'target') reader.complain(within(item, key), 'a stage has no such key');
    }
    const duration = settingIn(stage, 'duration', item);
    const target = settingIn(stage, 'target', item);
    if (duration === undefined) reader.complain(within(item, 'duration'), 'it is required');
    if (target === undefined) reader.complain(within(item, 'target'), 'it is required');
    const durationMs = reader.duration(duration, { leastMs: 0, otherwise: 0 });
    return [{ durationMs, target: reader.integer(target, { least: 0, otherwise: 0 }) }];
  });
}

/** Stages in the form that scripts have. */
export function viewStages(stages: readonly Stage[]): readonly object[] {
  return stages.map(({ durationMs, target }) => ({ duration: formatGoDuration(durationMs), target }));
}
