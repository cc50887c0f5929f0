import { describe, expect, it } from 'vitest';
import { behaviourOf, countBehaviours, formatResults } from '../../conformance/autobahn/results.mjs';
import { runHarness } from '../support/harness-process.js';

/** The installation of Python's packages on a clean machine included. */
const TIMEOUT_MS = 300_000;
const SHORT_RUN_CASES = 247;

describe("Autobahn's short run", () => {
  for (const transport of ['uws', 'ws']) {
    it(
      `fails nowhere on ${transport}`,
      async () => {
        const { code, output } = await runHarness('autobahn', ['--transport', transport, '--cases', 'short']);
        expect(output).toContain(`## ${transport}: ${SHORT_RUN_CASES} cases`);
        expect(code, output).toBe(0);
      },
      TIMEOUT_MS,
    );
  }
});

describe('a result of a case', () => {
  const good = { id: '1.1.1', behavior: 'OK', behaviorClose: 'OK', detail: '' };

  it('is a failure when only the close went wrong', () => {
    expect(behaviourOf(good)).toBe('OK');
    expect(behaviourOf({ ...good, behaviorClose: 'INFORMATIONAL' })).toBe('OK');
    for (const behaviorClose of ['FAILED', 'WRONG CODE', 'UNCLEAN', 'FAILED BY CLIENT']) {
      expect(behaviourOf({ ...good, behaviorClose })).toBe('FAILED');
    }
  });

  it('is a failure when it is of no known kind', () => {
    expect(behaviourOf({ ...good, behavior: 'SOMETHING ELSE' })).toBe('FAILED');
  });

  it('is counted, shown in its group, and named unless it is OK', () => {
    const results = [
      good,
      { ...good, id: '10.1.1', behavior: 'NON-STRICT' },
      { ...good, id: '9.1.1', behavior: 'FAILED', detail: 'no echo' },
    ];
    expect(countBehaviours(results)).toMatchObject({ OK: 1, 'NON-STRICT': 1, FAILED: 1 });
    const lines = formatResults(results).split('\n');
    expect(lines.slice(2, 6)).toEqual([
      '| 1 framing | 1 | 0 | 0 | 0 | 0 |',
      '| 9 limits and large messages | 0 | 0 | 0 | 0 | 1 |',
      '| 10 auto-fragmentation | 0 | 1 | 0 | 0 | 0 |',
      '| all | 1 | 1 | 0 | 0 | 1 |',
    ]);
    expect(lines).toContain('NON-STRICT: 10.1.1');
    expect(lines).toContain('FAILED 9.1.1 (FAILED, close OK): no echo');
  });
});
