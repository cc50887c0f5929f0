import { describe, expect, it } from 'vitest';
import { type ChaosEvent, judge } from '../../conformance/chaos/judge.mjs';

const BOOT = '0000-1700000000000';

/** A connection of one session that opens, sends `numbers` and closes; ids follow one another. */
function connection(name: string, numbers: readonly number[], first = 1): ChaosEvent[] {
  const of = { connection: `connection of ${name}` };
  const id = (offset: number) => `${BOOT}-${first + offset}`;
  return [
    { id: id(0), ...of, action: 'open' },
    ...numbers.map((number, index): ChaosEvent => {
      return { id: id(index + 1), ...of, action: 'message', message: `${name} ${number}` };
    }),
    { id: id(numbers.length + 1), ...of, action: 'close' },
  ];
}

const session = { name: 'a', boot: 0, closedAtMs: 5_000 };
const clean = (written: number) => [{ ...session, written, isClosedCleanly: true }];
const cut = (written: number) => [{ ...session, written, isClosedCleanly: false }];
const boots = [{ killedAtMs: undefined }];
const strict = { boots, mayLoseEnds: false };
const rules = (violations: readonly string[]) => violations.map((text) => text.split(':')[0]);

describe('the judge of a chaos run', () => {
  it('passes a whole run, and counts', () => {
    const { counts, violations } = judge({
      sessions: clean(3),
      events: connection('a', [1, 2, 3]),
      ...strict,
    });
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ 'messages written': 3, 'messages delivered': 3, opens: 1, closes: 1, repeats: 0 });
  });

  it('passes repeats of the same events, and counts them', () => {
    const events = connection('a', [1, 2]);
    const { counts, violations } = judge({ sessions: clean(2), events: [...events, ...events], ...strict });
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ repeats: 4 });
  });

  it('lets a cut session lose its end, and says how much', () => {
    const { counts, violations } = judge({ sessions: cut(9), events: connection('a', [1, 2]), ...strict });
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ 'longest cut tail': 7, 'missing of clean sessions': 0 });
  });

  it.each([
    ['missing at the end of a clean session', clean(4), connection('a', [1, 2, 3])],
    ['missing at the end of a clean session', clean(4), []],
    ['out of order or a hole', cut(4), connection('a', [1, 3])],
    ['out of order or a hole', cut(4), connection('a', [1, 3, 2])],
    ['more than was written', cut(1), connection('a', [1, 2])],
    ['a gap in the ids', clean(2), connection('a', [1, 2], 2)],
    ['an open without a close', clean(2), connection('a', [1, 2]).slice(0, -1)],
    ['not one open, first', clean(1), [...connection('a', [1]).slice(1, 2), ...connection('a', [1]).slice(0, 1)]],
    ['something after the close', clean(1), [0, 2, 1].flatMap((index) => connection('a', [1])[index] ?? [])],
    [
      'a session on two connections',
      clean(2),
      [
        ...connection('a', [1]),
        ...connection('b', [], 4),
        { ...connection('a', [1, 2], 3)[2], id: `${BOOT}-6`, connection: 'other' } as const,
      ],
    ],
    [
      'two events with one id',
      clean(1),
      [...connection('a', [1]), { id: `${BOOT}-2`, connection: 'x', action: 'open' } as const],
    ],
  ])('finds %s', (rule, sessions, events) => {
    expect(rules(judge({ sessions, events: events as readonly ChaosEvent[], ...strict }).violations)).toContain(rule);
  });

  it('forgives an open without a close only where the gateway may lose ends', () => {
    const events = connection('a', [1]).slice(0, -1);
    expect(judge({ sessions: clean(1), events, boots, mayLoseEnds: true }).violations).toEqual([]);
  });

  it.each([
    { mayLoseEnds: false, killedAtMs: 5_500, isGood: true },
    { mayLoseEnds: false, killedAtMs: 9_000, isGood: false },
    { mayLoseEnds: true, killedAtMs: 9_000, isGood: true },
    { mayLoseEnds: true, killedAtMs: undefined, isGood: false },
  ])('judges the end of a clean session by when the gateway was killed: $mayLoseEnds, $killedAtMs', (run) => {
    const { mayLoseEnds, killedAtMs, isGood } = run;
    const events = connection('a', [1, 2]);
    const { violations } = judge({ sessions: clean(3), events, boots: [{ killedAtMs }], mayLoseEnds });
    expect(violations.length === 0).toBe(isGood);
  });

  describe('of a gateway with workers', () => {
    const workers = { kills: [{ worker: 2, killedAtMs: 1_000, goneAtMs: 1_010 }], downtimes: [], dials: [] };
    const ofWorker = (worker: number, numbers: readonly number[]) =>
      connection('a', numbers).map((event) => ({
        ...event,
        connection: `00000000-0000-4000-8000-00000000${`0${worker}`}0001`,
      }));
    const session = { name: 'a', boot: 0, written: 2, isClosedCleanly: false, isCut: true, closedAtMs: 1_020 };
    const run = { sessions: [session], events: ofWorker(2, [1]), ...strict, workers };

    it('lets a connection of the killed worker be cut and lose its end', () => {
      expect(judge(run).violations).toEqual([]);
    });

    it.each([
      ['a connection of a worker that lived was cut', { events: ofWorker(1, [1]) }],
      ['a connection of a worker that lived was cut', { sessions: [{ ...session, closedAtMs: 9_000 }] }],
      ['an open without a close', { events: ofWorker(2, [1]).slice(0, -1) }],
      [
        'missing at the end of a clean session',
        { sessions: [{ ...session, isCut: false, isClosedCleanly: true }], events: ofWorker(1, [1]) },
      ],
    ])('finds %s', (rule, changes) => {
      expect(rules(judge({ ...run, ...changes }).violations)).toContain(rule);
    });

    it.each([
      { startedAtMs: 900, isGood: true },
      { startedAtMs: 2_000, isGood: false },
    ])('lets only attempts fail that were under way at a kill: from $startedAtMs ms', ({ startedAtMs, isGood }) => {
      const dials = [{ startedAtMs, endedAtMs: startedAtMs + 200, isOpen: false }];
      const { violations } = judge({ ...run, workers: { ...workers, dials } });
      expect(violations.length === 0).toBe(isGood);
    });
  });
});
