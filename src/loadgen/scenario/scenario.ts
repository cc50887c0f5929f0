import type { Clock } from '../../core/clock.js';
import type { DialDeps } from '../client/connection.js';
import type { IterationTicket } from '../executor/executor.js';
import type { Pace } from '../health/thread-gauges.js';
import type { SessionMetrics } from '../metric/built-in-metrics.js';
import type { Tags } from '../metric/series.js';
import type { OpenConnections } from './open-connections.js';
import type { DialTargets } from '../client/dial-targets.js';

/** Shared by the virtual users of a thread. */
export interface UserDeps extends DialDeps {
  readonly targets: Pick<DialTargets, 'of'>;
  /** Metrics of sessions, with the scenario's tags. */
  readonly metrics: SessionMetrics;
  readonly connections: OpenConnections;
  /** Schedules the users' actions and measures how late they run. */
  readonly clock: Clock;
}

/** One virtual user of a scenario. */
export interface VirtualUser {
  /** Runs one iteration; true when complete, false when interrupted. Never rejects. */
  iterate(ticket: IterationTicket): Promise<boolean>;
  /** Ends the running iteration as soon as possible. */
  interrupt(): void;
  /** Tags of an iteration's samples, where it can change them; the scenario's tags unless given. */
  readonly tags?: Tags;
}

/** Makes the virtual users of a scenario. */
export interface Scenario {
  /** Makes the virtual user with this number (from 1). */
  createUser(vu: number): VirtualUser;
  /**
   * Actions started since the last call, and actions a second that its schedule plans; a scenario
   * without it has no schedule.
   */
  takePace?(): Pace;
  /** Called when all virtual users have ended: releases what would keep the thread alive. */
  end?(): void;
}
