import { describe, expect, it } from 'vitest';
import { LiveProgress } from '../../src/cli/live-progress.js';
import { recordingOutput } from '../support/recording-output.js';

const ERASE_TWO = '\u001b[2A\r\u001b[J';

describe('LiveProgress', () => {
  it('draws over what it drew before on a terminal', () => {
    const { stdout } = recordingOutput({ isTerminal: true });
    const progress = new LiveProgress(stdout);
    progress.show(100, () => ['a', 'b']);
    progress.show(200, () => ['c', 'd']);
    progress.erase();
    progress.erase();
    expect(stdout.text()).toBe(`a\nb\n${ERASE_TWO}c\nd\n${ERASE_TWO}`);
  });

  it('takes away all rows of a line that was too long for the terminal', () => {
    const { stdout } = recordingOutput({ isTerminal: true, columns: 10 });
    const progress = new LiveProgress(stdout);
    progress.show(100, () => ['1234567890', '\u001b[32m12345678901\u001b[39m']);
    const drawn = stdout.text();
    progress.erase();
    expect(stdout.text().slice(drawn.length)).toBe('\u001b[3A\r\u001b[J');
  });

  it('moves out of the way of other lines and comes back below them', () => {
    const { stdout } = recordingOutput({ isTerminal: true });
    const progress = new LiveProgress(stdout);
    progress.show(100, () => ['a', 'b']);
    progress.around(() => stdout.write('log\n'));
    expect(stdout.text()).toBe(`a\nb\n${ERASE_TWO}log\na\nb\n`);
  });

  it('writes its lines once a second where there is no terminal, and never erases', () => {
    const { stderr } = recordingOutput();
    const progress = new LiveProgress(stderr);
    for (let elapsedMs = 0; elapsedMs <= 2500; elapsedMs += 100) progress.show(elapsedMs, () => [`at ${elapsedMs}`]);
    progress.around(() => stderr.write('log\n'));
    progress.erase();
    expect(stderr.text()).toBe('at 1000\n\nat 2000\n\nlog\n');
  });

  it('does not fall into a rush after a pause', () => {
    const { stderr } = recordingOutput();
    const progress = new LiveProgress(stderr);
    for (const elapsedMs of [5300, 5400, 6000]) progress.show(elapsedMs, () => [`at ${elapsedMs}`]);
    expect(stderr.text()).toBe('at 5300\n\nat 6000\n\n');
  });
});
