import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { measure } from '../../bench/k6-agreement/bench.mjs';
import { compareFacts } from '../../bench/k6-agreement/compare.mjs';

const { K6_BIN } = process.env;
const PAGE = new URL('../../bench/results/k6-agreement.json', import.meta.url);

interface Recorded {
  readonly failed: boolean;
  readonly rows: readonly {
    readonly script: string;
    readonly agreed: number;
    readonly 'differ, not explained': number;
  }[];
}

it('a difference is explained by a sentence, or counts as not explained', () => {
  const k6 = new Map([
    ['exit code', '0'],
    ['info json of text', 'thrown by Go'],
    ['info port', '127.0.0.1:40001'],
  ]);
  const wsg = new Map([
    ['exit code', '107'],
    ['info json of text', 'thrown by V8'],
    ['info port', '127.0.0.1:40002'],
  ]);
  const { agreed, differences } = compareFacts('http-data', k6, wsg);
  expect(agreed).toBe(1);
  expect(differences.map(({ fact, why }) => [fact, why !== undefined])).toEqual([
    ['exit code', false],
    ['info json of text', true],
  ]);
});

it('the recorded comparison has scripts, ugly servers and shapes of executors, and nothing that is not explained', () => {
  const { failed, rows }: Recorded = JSON.parse(readFileSync(PAGE, 'utf8'));
  expect(failed).toBe(false);
  expect(rows.filter((row) => row['differ, not explained'] > 0)).toEqual([]);
  expect(rows.map(({ script }) => script)).toEqual(
    expect.arrayContaining(['http', 'ws', 'websockets', 'ugly-http', 'ugly-ws', 'ramping-vus up and down', 'stages']),
  );
});

// A test that skips itself counts as failed: without K6_BIN this one holds the bench to saying that
// it compares nothing.
it(
  'scripts agree with the k6 that K6_BIN names; without one the bench says that nothing is compared',
  {
    timeout: 300_000,
  },
  async () => {
    const { skipped, failed, rows = [] } = await measure('abort,script-life,ws,shared-iterations');
    const isCompared = K6_BIN !== undefined;
    expect(skipped).toBe(isCompared ? undefined : 'K6_BIN names no k6; nothing was compared');
    expect(failed).toBe(isCompared ? false : undefined);
    expect(rows.length > 5).toBe(isCompared);
  },
);
