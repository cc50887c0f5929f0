import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import { ManualClock } from '../../support/manual-clock.js';
import { ScriptedSink, type SinkAnswer } from '../../support/scripted-sink.js';
import { settle } from '../../support/settle.js';
import { testOutbox } from '../../support/test-outbox.js';

/** Events to append, or time that passes so that sinks make progress. */
type Step = { readonly append: readonly NewEvent[] } | { readonly passMs: number };

const event: fc.Arbitrary<NewEvent> = fc.record({
  connection: fc.constantFrom('a', 'b', 'c'),
  action: fc.constantFrom('open', 'message', 'close'),
  tags: fc.constantFrom('', 'foo=bar'),
  message: fc.uint8Array({ maxLength: 300 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ append: fc.array(event, { maxLength: 12 }) }),
  fc.record({ passMs: fc.constantFrom(0, 50, 100, 400) }),
);
const answer: fc.Arbitrary<SinkAnswer> = fc.record({ takes: fc.nat({ max: 5 }), rejects: fc.boolean() });
const answers = fc.array(answer, { maxLength: 12 });

/** The naive oracle: the accepted events, in order. */
interface Trial {
  readonly accepted: NewEvent[];
  readonly sinks: readonly ScriptedSink[];
  readonly left: number;
}

async function run(steps: readonly Step[], scripts: readonly SinkAnswer[][]): Promise<Trial> {
  const clock = new ManualClock();
  const sinks = scripts.map((script, index) => new ScriptedSink(`s${index}`, [...script]));
  const limits = { maxEvents: 40, maxBytes: 20_000 };
  const batch = { maxEvents: 5, maxBytes: 2_000 };
  const outbox = testOutbox(sinks, { clock, batch, config: limits });
  const accepted: NewEvent[] = [];
  await outbox.start();
  for (const now of steps) {
    if ('append' in now) accepted.push(...now.append.filter((each) => outbox.append(each) > 0));
    else await pass(clock, now.passMs);
  }
  await settle(() => {
    clock.advance(5_000);
    return outbox.state().events === 0;
  });
  return { accepted, sinks, left: await outbox.stop(0) };
}

async function pass(clock: ManualClock, passMs: number): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  clock.advance(passMs);
}

describe('an outbox in memory, with sinks that reject anything,', () => {
  it('delivers every accepted event at least once, the first time in the order of its connection', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), fc.tuple(answers, answers), async (steps, scripts) => {
        const { accepted, sinks, left } = await run(steps, scripts);
        expect(left).toBe(0);
        for (const sink of sinks) {
          const expected = accepted.map(({ connection, action, message }, index) => ({
            sequence: index + 1,
            connection,
            action,
            message,
          }));
          expect(byConnection(firstDeliveries(sink))).toEqual(byConnection(expected));
          expect(sink.mostBusy).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Fields of an event that a test compares. */
type Compared = Pick<NewEvent, 'connection' | 'action' | 'message'> & { readonly sequence: number };

/** Events seen by a backend that drops duplicates by id. */
function firstDeliveries(sink: ScriptedSink): Compared[] {
  const first = new Map<string, Compared>();
  for (const { id, sequence, connection, action, message } of sink.taken) {
    if (!first.has(id)) first.set(id, { sequence, connection, action, message });
  }
  return [...first.values()];
}

function byConnection(events: readonly Compared[]): Map<string, Compared[]> {
  const groups = new Map<string, Compared[]>();
  for (const each of events) groups.set(each.connection, [...(groups.get(each.connection) ?? []), each]);
  return groups;
}
