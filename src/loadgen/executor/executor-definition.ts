import type { ProgressPlan } from '../../summary/k6/progress.js';
import type { Executor, ExecutorDeps } from './executor.js';
import type { ScenarioBase, ScenarioPlan } from './scenario-plan.js';
import type { ScenarioSettings } from './scenario-settings.js';

/** The part of a plan that runs in this process. */
export interface PlanShare {
  /** 0 to 1; rates are multiplied by it. */
  readonly share: number;
  /** Its number out of `total` virtual users or iterations. */
  readonly countOf: (total: number) => number;
}

/**
 * One executor: its settings with their reader and description, and the loop that starts
 * iterations. Plans are matched with definitions by name, so a definition gets only plans that its
 * `read` made.
 */
export interface ExecutorDefinition<P extends ScenarioPlan = ScenarioPlan> {
  /** k6's name of it. */
  readonly name: P['executor'];
  /** Keys of its settings besides those of all scenarios, in the order of `k6 inspect`. */
  readonly keys: readonly string[];
  /**
   * In a closed model virtual users begin their next iteration when the last one has ended; in an
   * open one iterations begin when they are due.
   */
  readonly model: 'open' | 'closed';
  /** Virtual users iterate until the time is up, so each can hold a connection for that time. */
  readonly holdsConnections: boolean;

  /** Reads its settings; problems go to the settings' reader. */
  read(settings: ScenarioSettings, base: ScenarioBase): P;
  /** Its settings in the form that scripts have. */
  view(plan: P): Readonly<Record<string, unknown>>;
  /** Its load in k6's words, and the fact that stands first in the parentheses behind. */
  describe(plan: P): { readonly load: string; readonly fact?: string };
  /** Its load as a progress line needs it. */
  progress(plan: P): ProgressPlan['load'];

  /** The time in which it may start iterations, from its own start: milliseconds. */
  startingMs(plan: P): number;
  /** The most virtual users that it can have at once. */
  maxVus(plan: P): number;
  /** The virtual users that there are from the start. */
  initialVus(plan: P): number;
  /** How many iterations there are in all; undefined when time is the limit. */
  iterations(plan: P): number | undefined;
  /** Virtual users of a closed model, or iterations a second of an open one, at a moment. */
  plannedAt(plan: P, elapsedMs: number): number;
  /** The most of these at any moment. */
  mostPlanned(plan: P): number;
  /** The settings of this process's part of the plan, for display. */
  scale(plan: P, part: PlanShare): P;

  /** Makes the executor of one thread. */
  create(plan: P, deps: ExecutorDeps): Executor;
}
