import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { LiveHistory } from '../../../src/summary/live/run-snapshot.js';
import { renderLiveScreen } from '../../../src/summary/live/live-screen.js';
import { sampleSnapshots } from '../../support/run-snapshots.js';

const PLAIN = { colour: false, columns: 80, rows: 100 };
const CROSSED = { series: 'ws_connecting', expression: 'max<2', abortOnFail: false, delayAbortMs: 0 };

function historyOf(seconds: number, mostSeconds = 60): LiveHistory {
  const history = new LiveHistory(mostSeconds);
  for (const snapshot of sampleSnapshots(seconds, [CROSSED])) history.add(snapshot);
  return history;
}

describe('renderLiveScreen', () => {
  it('shows rates, response times, curves, thresholds and health', () => {
    expect(renderLiveScreen(historyOf(4), PLAIN)).toEqual([
      'a second',
      '  vus                     4  ▂▄▆█',
      '  data_received     170 B/s  ████',
      '  data_sent          10 B/s  ████',
      '  iterations            1/s  ████',
      '  ws_msgs_received     10/s  ████',
      '  ws_msgs_sent          2/s  ████',
      '  ws_sessions           1/s  ████',
      '  checks             90.90%  ████',
      '',
      'response time    p50  p90  p99  max',
      '  ws_connecting  4ms  4ms  4ms  4ms  ▂▄▆█',
      '',
      'thresholds',
      '  ✗ ws_connecting max<2',
      '',
      'generator  healthy: event loop 30%, lag p99 1.5ms, CPU 0.50, 97 MB',
      '',
    ]);
  });

  it.each([200, 80, 50, 35, 25, 20])('has no line wider than %i columns', (columns) => {
    for (const line of renderLiveScreen(historyOf(90), { ...PLAIN, columns })) {
      expect(line.length, line).toBeLessThanOrEqual(columns);
    }
  });

  it('keeps to the rows that there are', () => {
    expect(renderLiveScreen(historyOf(4), { ...PLAIN, rows: 3 })).toHaveLength(3);
    expect(renderLiveScreen(new LiveHistory(60), PLAIN)).toEqual([]);
  });

  it('shows the last seconds when there are more than fit', () => {
    const history = historyOf(90, 10);
    expect(history.seconds.map(({ vus }) => vus)).toEqual([81, 82, 83, 84, 85, 86, 87, 88, 89, 90]);
  });

  it('says the same with colours', () => {
    const coloured = renderLiveScreen(historyOf(4), { ...PLAIN, colour: true });
    expect(coloured.map((line) => stripVTControlCharacters(line))).toEqual(renderLiveScreen(historyOf(4), PLAIN));
    expect(coloured.join()).toContain('\u001b[31m');
  });
});
