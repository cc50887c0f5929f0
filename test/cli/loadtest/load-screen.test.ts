import { describe, expect, it } from 'vitest';
import { LoadScreen } from '../../../src/cli/loadtest/load-screen.js';
import type { RunProgress } from '../../../src/loadgen/index.js';
import { DEFAULT_LOG } from '../../../src/cli/loadtest/load-log.js';
import { recordingOutput } from '../../support/recording-output.js';
import { sampleSnapshot } from '../../support/run-snapshots.js';

const VIEW = {
  seed: 7,
  version: '1.2.3',
  script: 'snapshot',
  output: '-',
  headline: '1 scenario, 3 max VUs, 4s max duration (incl. graceful stop)',
  scenarios: ['default: 3 looping VUs for 4s (gracefulStop: 0s)'],
};

function progressAt(elapsedMs: number): RunProgress {
  const plan = { name: 'default', maxVus: 3, startingMs: 4000, maxMs: 4000, load: { kind: 'looping' } } as const;
  const vus = { activeVus: 3, allocatedVus: 3 };
  return {
    elapsedMs,
    activeVus: 3,
    initialisedVus: 3,
    completeIterations: 0,
    interruptedIterations: 0,
    scenarios: [{ plan, state: 'running', elapsedMs, fraction: elapsedMs / 4000, completeIterations: 0, ...vus }],
  };
}

function screenOn(options: { readonly isTerminal: boolean; readonly json?: boolean; readonly quiet?: boolean }) {
  const output = recordingOutput({ isTerminal: options.isTerminal });
  const { json = false, quiet = false } = options;
  return { output, screen: new LoadScreen({ output, json, quiet, noColor: true, log: DEFAULT_LOG }) };
}

describe('LoadScreen', () => {
  it('shows header and progress on standard output when that is a terminal', () => {
    const { output, screen } = screenOn({ isTerminal: true });
    screen.showHeader(VIEW);
    screen.progressed(progressAt(100));
    expect(output.stdout.text()).toContain('3 looping VUs');
    expect(output.stdout.text()).toContain('running (0.1s), 3/3 VUs');
    expect(output.stderr.text()).toBe('');
  });

  it('shows the header on standard output also when that is a pipe, and the progress on standard error', () => {
    const { output, screen } = screenOn({ isTerminal: false });
    screen.showHeader(VIEW);
    screen.progressed(progressAt(1000));
    expect(output.stdout.text()).toContain('3 looping VUs');
    expect(output.stdout.text()).not.toContain('running');
    expect(output.stderr.text()).toContain('running (1.0s), 3/3 VUs');
  });

  it.each([
    { isTerminal: true, json: true },
    { isTerminal: true, leaves: true },
  ])('leaves standard output to the results with %j', (options) => {
    const { output, screen } = screenOn(options);
    if ('leaves' in options) screen.leaveStandardOutput();
    screen.showHeader(VIEW);
    screen.progressed(progressAt(1000));
    screen.clear();
    screen.showEnd();
    expect(output.stderr.text()).toContain('running (1.0s), 3/3 VUs');
    expect(output.stdout.text()).toBe('');
  });

  it('shows the last progress for good at the end', () => {
    const { output, screen } = screenOn({ isTerminal: true });
    screen.progressed(progressAt(3900));
    screen.progressed(progressAt(4000));
    screen.clear();
    screen.showEnd();
    expect(output.stdout.text().endsWith('default   [======================================] 3 VUs  4.0s/4s\n')).toBe(
      true,
    );
  });

  it.each([
    { isTerminal: true, shows: true },
    { isTerminal: false, shows: false },
  ])('shows rates above the progress when all is asked for, and lines alone in a pipe: %j', ({ isTerminal, shows }) => {
    const output = recordingOutput({ isTerminal });
    const screen = new LoadScreen({
      output,
      json: false,
      quiet: false,
      noColor: true,
      log: DEFAULT_LOG,
      isLiveFull: true,
    });
    screen.snapshotTaken(sampleSnapshot());
    screen.progressed(progressAt(1000));
    const text = output.stdout.text() + output.stderr.text();
    expect(text).toContain('running (1.0s), 3/3 VUs');
    expect(text.includes('ws_msgs_received     10/s')).toBe(shows);
  });

  it('keeps all that it draws over on the terminal', () => {
    const output = recordingOutput({ isTerminal: true, rows: 6 });
    const screen = new LoadScreen({
      output,
      json: false,
      quiet: false,
      noColor: true,
      log: DEFAULT_LOG,
      isLiveFull: true,
    });
    screen.snapshotTaken(sampleSnapshot());
    screen.progressed(progressAt(1000));
    expect(output.stdout.text().split('\n')).toHaveLength(6);
  });

  it('is silent except for warnings and log lines when told to be quiet', () => {
    const { output, screen } = screenOn({ isTerminal: false, quiet: true });
    screen.showHeader(VIEW);
    screen.progressed(progressAt(1000));
    screen.happened({ elapsedMs: 12_345, kind: 'stall', text: 'an action ran late' });
    screen.happened({ elapsedMs: 13_000, kind: 'interruption', text: 'stopped' });
    screen.logged({ level: 'info', text: 'hello', source: 'gateway', isRelayed: true });
    screen.showEnd();
    const lines = output.stderr.text().replaceAll(/time="[^"]+" /g, '');
    expect(lines).toBe(
      'level=warning msg="an action ran late"\nlevel=error msg=stopped\nlevel=info msg=hello source=gateway\n',
    );
    expect(output.stdout.text()).toBe('');
  });
});
