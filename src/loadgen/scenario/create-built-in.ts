import type { CheckRecorder } from '../metric/check-recorder.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import { connectionMetrics, deliveryMetrics, roundTripMetrics, stormMetrics } from './scenario-metrics.js';
import type { Tags } from '../metric/series.js';
import type { BuiltInPlan } from './built-in-plan.js';
import { maxScenarioVus, startingTimeMs } from '../executor/index.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';
import { ChurnScenario } from './churn.js';
import { EchoScenario } from './echo.js';
import { FanOutScenario } from './fan-out.js';
import { FloodScenario, IdleScenario } from './flood.js';
import { HeldSchedule, Population, type HeldContext } from './held-user.js';
import type { Scenario, UserContext } from './scenario.js';
import { SnapshotScenario } from './snapshot.js';
import { StormScenario } from './storm.js';

/** What a thread gives to its built-in scenario. */
export interface BuiltInParts {
  readonly plan: BuiltInPlan;
  readonly seed: number;
  readonly registry: SeriesRegistry;
  /** Of the threads the one that does what only one may do. */
  readonly isFirstThread: boolean;
  readonly complain: (sentence: string) => void;
}

/** Of one scenario of the plan. */
export interface BuiltInPart {
  readonly part: ScenarioPlan;
  readonly tags: Tags;
  readonly context: UserContext;
  readonly checks: (name: string) => CheckRecorder;
  /** Virtual users of this thread. */
  readonly ownUsers: number;
}

type ScenarioFactory = (part: BuiltInPart) => Scenario;

/**
 * Makes the metrics of the built-in scenario, once a thread; what it returns makes a scenario of
 * each part of the plan.
 */
export function builtInFactory(parts: BuiltInParts): ScenarioFactory {
  const { plan, registry, seed } = parts;
  switch (plan.name) {
    case 'snapshot':
      return ({ context, checks }) => new SnapshotScenario(context, checks, seed);
    case 'churn':
      return ({ context, checks }) => new ChurnScenario(context, plan, checks('status is 101'));
    case 'idle': {
      const held = heldFactory(plan, registry);
      return (part) => new IdleScenario(held(part));
    }
    case 'flood': {
      const held = heldFactory(plan, registry);
      return (part) => new FloodScenario(held(part), plan);
    }
    case 'echo': {
      const held = heldFactory(plan, registry);
      const metrics = roundTripMetrics(registry);
      return (part) => {
        const users = maxScenarioVus(part.part);
        // Where the number of virtual users changes, each begins as it comes.
        const awaited = part.part.executor === 'constant-vus' ? part.ownUsers : 0;
        return new EchoScenario({ held: held(part), plan, users, awaited, roundTrips: metrics(part.tags) });
      };
    }
    case 'storm': {
      const held = heldFactory(plan, registry);
      const metrics = stormMetrics(registry);
      return (part) => new StormScenario(held(part), plan, metrics(part.tags));
    }
    case 'fan-out': {
      const held = heldFactory(plan, registry);
      const metrics = deliveryMetrics(registry);
      const { isFirstThread: isPublisher, complain } = parts;
      return (part) => {
        const { ownUsers: recipients, tags } = part;
        return new FanOutScenario({
          held: held(part),
          plan,
          metrics: metrics(tags),
          recipients,
          isPublisher,
          complain,
        });
      };
    }
  }
}

function heldFactory(
  { connectRate }: { readonly connectRate: number },
  registry: SeriesRegistry,
): (part: BuiltInPart) => HeldContext {
  const metrics = connectionMetrics(registry);
  return ({ part, tags, context, checks }) => ({
    context,
    schedule: new HeldSchedule({ durationMs: startingTimeMs(part), connectRate }),
    population: new Population(metrics(tags)),
    statusCheck: checks('status is 101'),
  });
}
