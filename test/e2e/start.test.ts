import { describe, expect, it } from 'vitest';
import { runWsg } from '../support/wsg-process.js';

describe('wsg', () => {
  it('tells its version', async () => {
    const { code, stdout } = await runWsg(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^wsg\/\d+\.\d+\.\d+ \S+ node-v\d+/);
  });

  it('lists its commands', async () => {
    const { code, stdout } = await runWsg(['--help']);
    expect(code).toBe(0);
    for (const command of ['serve', 'devhelpers', 'loadtest', 'report']) expect(stdout).toContain(`  ${command} `);
  });

  it('explains each command', async () => {
    const helps = await Promise.all(
      ['serve', 'devhelpers', 'loadtest', 'report'].map((command) => runWsg([command, '--help'])),
    );
    for (const { code, stdout } of helps) {
      expect(code).toBe(0);
      expect(stdout).toContain('USAGE');
    }
  });

  it('names a flag that it does not know and ends with 2', async () => {
    const { code, stdout, stderr } = await runWsg(['serve', '--lsiten', '127.0.0.1:0']);
    expect(code).toBe(2);
    expect(stderr).toContain('--lsiten');
    expect(stderr).toContain('`wsg serve --help`');
    expect(stderr).not.toContain(' at ');
    expect(stdout).toBe('');
  });

  it('names a command that it does not know and ends with 2', async () => {
    const { code, stderr } = await runWsg(['laodtest']);
    expect(code).toBe(2);
    expect(stderr).toContain('laodtest');
    expect(stderr).not.toContain(' at ');
  });
});
