/** The settings that all executors have (k6 docs, "Scenarios", common options). */
export interface ScenarioBase {
  /** `default` when it came from the short options. */
  readonly name: string;
  /** When it begins, from the start of the run: milliseconds. */
  readonly startTimeMs: number;
  /** Grace period of iterations under way when the executor's time is up: milliseconds. */
  readonly gracefulStopMs: number;
  /** The exported function of a script that is an iteration. */
  readonly exec: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * One k6 scenario: an executor's name and its settings. Plain data, so it crosses to threads and
 * into run files as it is; each executor's definition has the type of its own settings.
 */
export interface ScenarioPlan extends ScenarioBase {
  readonly executor: string;
  readonly [setting: string]: unknown;
}
