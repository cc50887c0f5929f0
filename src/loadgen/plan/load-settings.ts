/** The load options as texts, as flags or the environment give them. Undefined: not given. */
export interface LoadFlags {
  readonly url?: string;
  readonly vus?: string;
  readonly duration?: string;
  readonly iterations?: string;
  readonly gracefulStop?: string;
  readonly scenario?: string;
  readonly seed?: string;
}

type LoadOption = keyof LoadFlags;

/** The environment names of each option, without their `WSG_` or `K6_`. */
const LOAD_OPTION_KEYS = {
  url: 'URL',
  vus: 'VUS',
  duration: 'DURATION',
  iterations: 'ITERATIONS',
  gracefulStop: 'GRACEFUL_STOP',
  scenario: 'SCENARIO',
  seed: 'SEED',
} as const satisfies Record<LoadOption, string>;

/** One option's text and where it came from, for messages: `duration`, or `duration (WSG_DURATION)`. */
export interface LoadSetting {
  readonly text: string;
  readonly path: string;
}

export type LoadSettings = Readonly<Partial<Record<LoadOption, LoadSetting>>>;

const OPTIONS = ['url', 'vus', 'duration', 'iterations', 'gracefulStop', 'scenario', 'seed'] as const;

/** Merges flags and environment: a flag before `WSG_<KEY>`, that before `K6_<KEY>`. Empty variables count as not given. */
export function readLoadSettings(flags: LoadFlags, environment: Readonly<NodeJS.ProcessEnv>): LoadSettings {
  const settings: Partial<Record<LoadOption, LoadSetting>> = {};
  for (const option of OPTIONS) {
    const setting = readSetting(option, flags, environment);
    if (setting !== undefined) settings[option] = setting;
  }
  return settings;
}

function readSetting(
  option: LoadOption,
  flags: LoadFlags,
  environment: Readonly<NodeJS.ProcessEnv>,
): LoadSetting | undefined {
  const flag = flags[option];
  if (flag !== undefined) return { text: flag, path: option };
  for (const prefix of ['WSG_', 'K6_']) {
    const variable = prefix + LOAD_OPTION_KEYS[option];
    const text = environment[variable];
    if (text !== undefined && text !== '') return { text, path: `${option} (${variable})` };
  }
  return undefined;
}

/** Options of k6 that change the load or where its results go, and that this version does not have. */
const UNKNOWN_LOAD_KEYS = [
  'STAGES',
  'OUT',
  'RPS',
  'EXECUTION_SEGMENT',
  'EXECUTION_SEGMENT_SEQUENCE',
  'MIN_ITERATION_DURATION',
];

/** One sentence for each variable that would change the run and cannot be obeyed: to ignore it would give something else than asked. */
export function unknownLoadVariables(environment: Readonly<NodeJS.ProcessEnv>): string[] {
  return UNKNOWN_LOAD_KEYS.flatMap((key) => [`WSG_${key}`, `K6_${key}`])
    .filter((variable) => (environment[variable] ?? '') !== '')
    .map((variable) => `${variable}: this version has no such option; unset it`);
}
