// What is tried: each cell is a kind of pair with a known truth and what is required of its verdicts.

/** `base` and `next` are what the runs are like; `runs` how many of them a side. */
const pair = (name, next, more = {}) => ({ name, runs: [1, 1], base: {}, next, allowed: ['duration'], ...more });

const atMost = (of, share) => ({ of, share, is: 'at most' });
const atLeast = (of, share) => ({ of, share, is: 'at least' });
const QUIET = [atMost('regression', 0.05), atLeast('within budget', 0.85)];
const ALARMS = [atMost('regression', 0.05)];
const FOUND = [atLeast('regression', 0.95)];

const both = (wishes) => ({ base: wishes, next: wishes });

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
  pair('the same run twice', {}, { isSame: true, wants: [atMost('regression', 0)] }),
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
      wants: [atLeast('regression', 0.88)],
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
];
