import { parseDuration } from '../../core/duration.js';
import { WsgError } from '../../core/error.js';
import {
  readLoadSettings,
  unknownLoadVariables,
  type LoadFlags,
  type LoadSetting,
  type LoadSettings,
} from './load-settings.js';
import { parseTarget } from './parse-target.js';
import { BUILT_IN_SCENARIOS, type BuiltInScenario, type Plan, type Target } from './plan.js';
import type { ScenarioBase, ScenarioPlan } from './scenario-plan.js';

/** Where `loadtest` connects unless told: where `serve` and `devhelpers` listen unless told. */
const DEFAULT_URL = 'ws://127.0.0.1:5000/connect';

const DEFAULT_VUS = 100;
const DEFAULT_DURATION_MS = 30_000;
const DEFAULT_GRACEFUL_STOP_MS = 30_000;
const DEFAULT_MAX_DURATION_MS = 600_000;
const DEFAULT_SEED = 1;
const MIN_DURATION_MS = 1000;

/**
 * Makes a plan of load options (a flag before `WSG_<KEY>`, before `K6_<KEY>`, before the default) by k6's rules. Throws
 * `options.invalid` with all problems at once, each beginning with its option's name.
 */
export function parseLoadOptions(flags: LoadFlags, environment: Readonly<NodeJS.ProcessEnv> = {}): Plan {
  const settings = readLoadSettings(flags, environment);
  const reader = new SettingReader();
  reader.problems.push(...unknownLoadVariables(environment));
  const target = readTarget(reader, settings.url);
  const behaviour = readBehaviour(reader, settings.scenario);
  const seed = reader.integer(settings.seed, { least: 0, otherwise: DEFAULT_SEED });
  const scenario = readScenario(reader, settings);
  if (reader.problems.length > 0) {
    throw new WsgError('options.invalid', 'The load options are invalid.', {
      problems: reader.problems,
      hint: 'Run `wsg loadtest --help` for the options and their forms.',
    });
  }
  return { target, behaviour, scenarios: [scenario], seed, isDefaultLoad: hasNoLoad(settings) };
}

function hasNoLoad(settings: LoadSettings): boolean {
  return settings.vus === undefined && settings.duration === undefined && settings.iterations === undefined;
}

function readTarget(reader: SettingReader, setting: LoadSetting | undefined): Target {
  const given = setting?.text ?? DEFAULT_URL;
  const target = parseTarget(given);
  if (!('problem' in target)) return target;
  reader.problems.push(`${setting?.path ?? 'url'}: ${target.problem}`);
  return { given, normalised: given };
}

function readBehaviour(reader: SettingReader, setting: LoadSetting | undefined): BuiltInScenario {
  if (setting === undefined) return 'snapshot';
  const known = BUILT_IN_SCENARIOS.find((name) => name === setting.text);
  if (known !== undefined) return known;
  reader.problems.push(`${setting.path}: '${setting.text}' is none of ${BUILT_IN_SCENARIOS.join(', ')}`);
  return 'snapshot';
}

/** k6's short options: iterations -> shared-iterations, duration -> constant-vus, vus alone -> one iteration for each. */
function readScenario(reader: SettingReader, settings: LoadSettings): ScenarioPlan {
  const gracefulStopMs = reader.duration(settings.gracefulStop, { leastMs: 0, otherwise: DEFAULT_GRACEFUL_STOP_MS });
  if (hasNoLoad(settings)) {
    return {
      ...scenarioBase(gracefulStopMs),
      executor: 'constant-vus',
      vus: DEFAULT_VUS,
      durationMs: DEFAULT_DURATION_MS,
    };
  }
  const vus = reader.integer(settings.vus, { least: 1, otherwise: 1 });
  const base = scenarioBase(gracefulStopMs);
  if (settings.iterations === undefined && settings.duration !== undefined) {
    const durationMs = reader.duration(settings.duration, { leastMs: MIN_DURATION_MS, otherwise: 0 });
    return { ...base, executor: 'constant-vus', vus, durationMs };
  }
  const iterations = reader.integer(settings.iterations, { least: 1, otherwise: vus });
  if (iterations < vus && settings.iterations !== undefined) {
    reader.problems.push(
      `${settings.iterations.path}: ${iterations} shared iterations are fewer than the ${vus} VUs; each needs at least one`,
    );
  }
  const maxDurationMs = reader.duration(settings.duration, {
    leastMs: MIN_DURATION_MS,
    otherwise: DEFAULT_MAX_DURATION_MS,
  });
  return { ...base, executor: 'shared-iterations', vus, iterations, maxDurationMs };
}

function scenarioBase(gracefulStopMs: number): ScenarioBase {
  return { name: 'default', startTimeMs: 0, gracefulStopMs, exec: 'default', env: {}, tags: {} };
}

/** Reads texts into values and gathers what is wrong with them. */
class SettingReader {
  readonly problems: string[] = [];

  integer(setting: LoadSetting | undefined, rule: { readonly least: number; readonly otherwise: number }): number {
    if (setting === undefined) return rule.otherwise;
    const value = /^\d{1,15}$/.test(setting.text.trim()) ? Number(setting.text) : Number.NaN;
    if (value >= rule.least) return value;
    this.problems.push(`${setting.path}: '${setting.text}' is no whole number of at least ${rule.least}`);
    return rule.otherwise;
  }

  duration(setting: LoadSetting | undefined, rule: { readonly leastMs: number; readonly otherwise: number }): number {
    if (setting === undefined) return rule.otherwise;
    const valueMs = parseDuration(setting.text);
    if (valueMs === undefined) {
      this.problems.push(`${setting.path}: '${setting.text}' is no duration such as 30s or 1m30s`);
      return rule.otherwise;
    }
    if (valueMs >= rule.leastMs) return valueMs;
    const least = rule.leastMs === 0 ? '0s' : `${rule.leastMs / 1000}s`;
    this.problems.push(`${setting.path}: '${setting.text}' is shorter than ${least}`);
    return rule.otherwise;
  }
}
