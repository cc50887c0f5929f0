// Cells of the simulation: each is a kind of pair with a known truth and requirements on its
// verdicts.

/** `base` and `next` describe the runs; `runs` is their number on each side. */
const pair = (name, next, more = {}) => ({ name, runs: [1, 1], base: {}, next, allowed: ['duration'], ...more });

const atMost = (of, share) => ({ of, share, is: 'at most' });
const atLeast = (of, share) => ({ of, share, is: 'at least' });
const QUIET = [atMost('regression', 0.05), atLeast('within budget', 0.85)];
const ALARMS = [atMost('regression', 0.05)];
const FOUND = [atLeast('regression', 0.95)];

const NEVER_PASSES = [atMost('within budget', 0), atMost('inconclusive', 0), atMost('improvement', 0)];
/** Runs of 20 s: many pairs are inconclusive. */
const SHORT = { gates: ['ws_rtt p(95) < +10%'], perSecond: 200, base: { seconds: 20 } };

const CREEPING = { isBaseline: true, anchor: 5, gates: ['ws_rtt p(50) < +10%'] };
/** Settings of short runs, for cells with many runs. */
const OF_MANY = { seconds: 20, perSecond: 300 };

const both = (spec) => ({ base: spec, next: spec });

export const CELLS = [
  pair('no change', {}, { wants: QUIET }),
  pair('no change, autocorrelation .4', {}, { ...both({ correlation: 0.4 }), wants: QUIET }),
  pair('no change, autocorrelation .8', {}, { ...both({ correlation: 0.8 }), wants: ALARMS }),
  pair('no change, 2.5 % between runs', {}, { ...both({ spread: 0.025 }), wants: ALARMS }),
  pair('no change, 5 % between runs', {}, { ...both({ spread: 0.05 }), wants: ALARMS }),
  pair('no change, 10 % between runs (more than the noise)', {}, { ...both({ spread: 0.1 }), wants: [] }),
  pair('no change, two modes', {}, { ...both({ modes: 2 }), wants: ALARMS }),
  pair('no change, 60 s against 120 s', { seconds: 120 }, { wants: QUIET }),
  pair('+3 %', { slower: 0.03 }, { wants: ALARMS }),
  pair('+10 %, which is the budget', { slower: 0.1 }, { wants: [] }),
  pair('+20 %', { slower: 0.2 }, { wants: [atMost('within budget', 0.01)] }),
  pair('+30 %', { slower: 0.3 }, { wants: FOUND }),
  pair('+30 % in the tail alone', { tailSlower: 0.3 }, { wants: FOUND }),
  pair(
    'one stalled second',
    { stalledSecond: 30 },
    { gate: 'p(99)', wants: [atMost('within budget', 0), atMost('regression', 0.05)], isStall: true },
  ),
  pair('600 samples', {}, { ...both({ perSecond: 10 }), gate: 'p(99)', wants: [atLeast('invalid', 1)] }),
  pair('the same run twice', {}, { isSame: true, wants: [atLeast('invalid', 1)] }),
  pair('5 baselines, no change, 5 % between runs', {}, { runs: [5, 1], ...both({ spread: 0.05 }), wants: ALARMS }),
  pair(
    '5 baselines, +30 %, 5 % between runs',
    {},
    { runs: [5, 1], base: { spread: 0.05 }, next: { spread: 0.05, slower: 0.3 }, wants: [atLeast('regression', 0.75)] },
  ),
  pair(
    '5 baselines, +30 %, 5 % between runs, budget 5 %',
    {},
    {
      runs: [5, 1],
      budget: 0.05,
      base: { spread: 0.05 },
      next: { spread: 0.05, slower: 0.3 },
      wants: [atLeast('regression', 0.9)],
    },
  ),
  pair(
    '10 baselines, +30 %, 5 % between runs',
    {},
    {
      runs: [10, 1],
      base: { spread: 0.05 },
      next: { spread: 0.05, slower: 0.3 },
      // A t test with nine degrees of freedom finds it in 81 to 90 % of pairs, as it has one gate
      // to judge or two.
      wants: [atLeast('regression', 0.85)],
    },
  ),
  pair('4 against 4, no change, 5 % between runs', {}, { runs: [4, 4], ...both({ spread: 0.05 }), wants: ALARMS }),
  pair(
    '4 against 4, +30 %, 5 % between runs',
    {},
    { runs: [4, 4], base: { spread: 0.05 }, next: { spread: 0.05, slower: 0.3 }, wants: FOUND },
  ),
  pair(
    '5 against 5, +30 %, 5 % between runs',
    {},
    { runs: [5, 5], base: { spread: 0.05 }, next: { spread: 0.05, slower: 0.3 }, wants: FOUND },
  ),
  pair(
    '--noise 1 %, budget 5 %, no change',
    {},
    { noise: 0.01, budget: 0.05, perSecond: 3000, wants: [atMost('regression', 0.05), atLeast('within budget', 0.8)] },
  ),
  pair(
    '--noise 1 %, budget 5 %, +10 %',
    { slower: 0.1 },
    { noise: 0.01, budget: 0.05, perSecond: 3000, wants: [atMost('within budget', 0.01)] },
  ),
  // Gates that cannot be judged do not pass.
  pair('nothing received in the new run', { nothing: true }, { wants: NEVER_PASSES }),
  pair('nothing received on either side', {}, { ...both({ nothing: true }), wants: [atLeast('unjudged', 1)] }),
  pair(
    'a missing gated metric, and one that passes',
    {},
    { gates: ['ws_rtt p(50) < +10%', 'ws_rtt_renamed p(50) < +10%'], wants: NEVER_PASSES },
  ),
  pair(
    'a counter from 0 to 1,000 a second',
    { perSecond: 1000 },
    { base: { nothing: true }, gates: ['ws_msgs_received rate < +10%'], wants: NEVER_PASSES },
  ),
  // Service time beside response time.
  pair(
    "+5 ms of the generator's own lag, service as before",
    { lagMs: 5.2 },
    { base: { lagMs: 0.2 }, wants: [atMost('regression', 0.01), atLeast('invalid', 0.95), ...NEVER_PASSES] },
  ),
  pair("no change, 2 ms of the generator's lag on both sides", {}, { ...both({ lagMs: 2 }), wants: QUIET }),
  pair(
    "service +30 % under 5 ms less of the generator's lag",
    { lagMs: 0.2, slower: 0.3 },
    { base: { lagMs: 5.2 }, wants: FOUND },
  ),
  pair(
    'service +30 %, a strained generator on the new side',
    { slower: 0.3, health: 'strained' },
    { wants: [atMost('regression', 0), ...NEVER_PASSES] },
  ),
  // Baselines: outliers, and changes that creep in. The runs of a cell are its baselines in their
  // order.
  pair(
    '8 baselines of which one is 3 times as slow, +30 %, 2.5 % between runs',
    {},
    {
      runs: [8, 1],
      isBaseline: true,
      anchor: 0,
      base: { spread: 0.025, odd: { at: 3, slower: 2 } },
      next: { spread: 0.025, slower: 0.3 },
      wants: FOUND,
    },
  ),
  pair(
    '8 baselines of which one is 3 times as slow, no change, 2.5 % between runs',
    {},
    {
      runs: [8, 1],
      isBaseline: true,
      anchor: 0,
      base: { spread: 0.025, odd: { at: 3, slower: 2 } },
      next: { spread: 0.025 },
      wants: ALARMS,
    },
  ),
  ...[14, 29].map((before) =>
    pair(
      `+2 % per commit, commit ${before + 1}, 2.5 % between runs`,
      {},
      {
        runs: [before, 1],
        ...CREEPING,
        base: { ...OF_MANY, spread: 0.025, creep: 0.02 },
        next: { spread: 0.025, slower: 1.02 ** before - 1 },
        wants: FOUND,
      },
    ),
  ),
  ...[0.025, 0.05].map((spread) =>
    pair(
      `no change, commit 30, ${spread * 100} % between runs, with an anchor`,
      {},
      { runs: [29, 1], ...CREEPING, base: { ...OF_MANY, spread }, next: { spread }, wants: ALARMS },
    ),
  ),
  pair(
    '25 baselines, the newest 5 twice as fast, and a run as slow as before, 2.5 % between runs',
    {},
    {
      runs: [25, 1],
      ...CREEPING,
      base: { ...OF_MANY, spread: 0.025, level: { from: 20, slower: -0.5 } },
      next: { spread: 0.025 },
      wants: FOUND,
    },
  ),
  // A branch that left main before main got slower: the merge base is what it is compared with.
  ...[
    { name: 'no change since the merge base', next: {}, wants: ALARMS },
    { name: '+30 % since the merge base', next: { slower: 0.3 }, wants: FOUND },
  ].map(({ name, next, wants }) =>
    pair(
      `${name}, main 50 % faster since, 2.5 % between runs`,
      {},
      {
        runs: [12, 1],
        ...CREEPING,
        at: 8,
        base: { ...OF_MANY, spread: 0.025, level: { from: 8, slower: -0.5 } },
        next: { spread: 0.025, ...next },
        wants,
      },
    ),
  ),
  // Cells with one run per side.
  pair('no change, gate on the maximum', {}, { gates: ['ws_rtt max < +10%'], wants: ALARMS }),
  pair('times three times as long, gate on the maximum', { slower: 2 }, { gates: ['ws_rtt max < +10%'], wants: FOUND }),
  pair(
    'no change, 1 % of checks fail',
    {},
    { ...both({ failing: 0.01 }), perSecond: 20, gates: ['checks rate > -1%'], wants: ALARMS },
  ),
  pair(
    'checks that fail: 1 % and 6 %',
    { failing: 0.06 },
    { base: { failing: 0.01 }, perSecond: 20, gates: ['checks rate > -1%'], wants: [atLeast('regression', 0.95)] },
  ),
  pair('a server dead from second 24 of 60', { deadFrom: 23 }, { named: 23, wants: [atLeast('regression', 1)] }),
  pair('half a second without an answer', { halfStall: 30 }, { named: 30, wants: [atMost('within budget', 0)] }),
  // Cells that check the statements about inconclusive gates.
  pair('+8 %: the suggested length gives an answer', { slower: 0.08 }, { ...SHORT, says: 'settled', wants: [] }),
  pair('+12 %: the suggested length gives an answer', { slower: 0.12 }, { ...SHORT, says: 'settled', wants: [] }),
  pair('+20 %: the suggested length gives an answer', { slower: 0.2 }, { ...SHORT, says: 'settled', wants: [] }),
  pair(
    '+3 %, noise 1 %: the suggested length gives an answer',
    { slower: 0.03 },
    { ...SHORT, noise: 0.01, says: 'settled', wants: [] },
  ),
  pair(
    '+20 %, noise 1 %: the suggested length gives an answer',
    { slower: 0.2 },
    { ...SHORT, noise: 0.01, says: 'settled', wants: [] },
  ),
  pair(
    '+20 %, 2.5 % between runs: the suggested length gives an answer',
    { slower: 0.2, spread: 0.025 },
    { ...SHORT, base: { seconds: 20, spread: 0.025 }, says: 'settled', wants: [] },
  ),
  ...[
    { name: '5 baselines, +20 %', runs: [5, 1], slower: 0.2 },
    { name: '4 against 4, +5 %', runs: [4, 4], slower: 0.05 },
    { name: '4 against 4, +15 %', runs: [4, 4], slower: 0.15 },
  ].map(({ name, runs, slower }) =>
    pair(
      `${name}, 5 % between runs: the suggested number of runs gives an answer`,
      { slower, spread: 0.05 },
      { ...SHORT, runs, base: { ...OF_MANY, spread: 0.05 }, says: 'settled', wants: [] },
    ),
  ),
  pair(
    '+15 %: the true change is below "at most"',
    { slower: 0.15 },
    { ...SHORT, says: 'bound', truth: 0.15, wants: [] },
  ),
  pair('no change: a slowdown that "would have been found" is found', {}, { ...SHORT, says: 'found', wants: [] }),
  ...[
    { name: '5 baselines', runs: [5, 1] },
    { name: '4 against 4', runs: [4, 4] },
  ].map(({ name, runs }) =>
    pair(
      `${name}, no change, 5 % between runs: a slowdown that "would have been found" is found`,
      { spread: 0.05 },
      { ...SHORT, runs, base: { ...OF_MANY, spread: 0.05 }, says: 'found', wants: [] },
    ),
  ),
];
