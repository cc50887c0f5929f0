import type { Clock } from '../../core/clock.js';
import type { DialDeps } from '../client/connection.js';
import type { IterationTicket } from '../executor/executor.js';
import type { Pace } from '../health/thread-gauges.js';
import type { SessionMetrics } from '../metric/built-in-metrics.js';
import type { Tags } from '../metric/series.js';
import type { OpenConnections } from './open-connections.js';
import type { DialTargets } from '../client/dial-targets.js';

/** What virtual users of a thread share. */
export interface UserContext extends DialDeps {
  readonly targets: Pick<DialTargets, 'of'>;
  /** What sessions with the scenario's tags record. */
  readonly metrics: SessionMetrics;
  readonly connections: OpenConnections;
  /** Schedules the users' actions and knows how late they ran. */
  readonly clock: Clock;
}

/** One virtual user of a scenario. */
export interface VirtualUser {
  /** Does the scenario once; true when complete, false when interrupted. Never rejects. */
  iterate(ticket: IterationTicket): Promise<boolean>;
  /** Ends the iteration under way as soon as can be. */
  interrupt(): void;
  /**
   * Of the samples of an iteration, where it can change them; without them those of the scenario.
   */
  readonly tags?: Tags;
}

/** Makes the virtual users of a scenario. */
export interface Scenario {
  /** The virtual user with this number (from 1). */
  createUser(vu: number): VirtualUser;
  /**
   * Scheduled actions since the last call, and those that its schedule wants in a second; without
   * one nothing is scheduled.
   */
  takePace?(): Pace;
  /** All its virtual users have ended: lets go of what would keep the thread alive. */
  end?(): void;
}
