import type { Series } from '../../../src/loadgen/metric/series.js';
import { OPTIONS } from '../../../src/loadgen/options/index.js';
import type { Scenario, UserDeps, VirtualUser } from '../../../src/loadgen/scenario/scenario.js';
import {
  counterMetric,
  type BuiltInDefinition,
  type BuiltInPlan,
} from '../../../src/loadgen/scenario/scenario-definition.js';
import { Session } from '../../../src/loadgen/scenario/session.js';

/** Each iteration connects, sends one message, and closes at the first answer. */
interface GreetingPlan extends BuiltInPlan {
  readonly name: 'greeting';
  readonly isBinary: boolean;
}

class GreetingScenario implements Scenario {
  readonly #deps: UserDeps;
  readonly #greetings: Series;

  constructor(deps: UserDeps, greetings: Series) {
    this.#deps = deps;
    this.#greetings = greetings;
  }

  createUser(vu: number): VirtualUser {
    let session: Session | undefined;
    const onMessage = (): void => {
      this.#greetings.add(1);
      session?.close();
    };
    return {
      iterate: async () => {
        const opened = new Session(this.#deps, { onMessage }, { vu });
        session = opened;
        const { wasInterrupted } = await opened.run(() => opened.send('hello'));
        return !wasInterrupted;
      },
      interrupt: () => session?.interrupt(),
    };
  }
}

export const greeting: BuiltInDefinition<GreetingPlan> = {
  name: 'greeting',
  options: [OPTIONS.binary],
  metrics: [counterMetric('greetings')],
  executors: 'any',
  silenceRemedy: 'say hello louder',
  read: (options) => ({ name: 'greeting', isBinary: options.value(OPTIONS.binary, false) }),
  create: (_plan, { registry }) => {
    const greetings = registry.counter('greetings');
    return ({ deps, tags }) => new GreetingScenario(deps, greetings.bind(tags));
  },
};
