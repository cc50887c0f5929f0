import { describe, expect, it } from 'vitest';
import { rewriteArguments } from '../../src/cli/argv.js';

describe('rewriteArguments', () => {
  it('takes the forms in which the old program took its configuration', () => {
    expect(rewriteArguments(['serve', '-config', 'a.yml'])).toEqual(['serve', '--config', 'a.yml']);
    expect(rewriteArguments(['serve', '-config=a.yml'])).toEqual(['serve', '--config=a.yml']);
    expect(rewriteArguments(['serve', '--config=a.yml'])).toEqual(['serve', '--config=a.yml']);
  });

  it("takes k6's switches with a value", () => {
    expect(rewriteArguments(['loadtest', '--quiet=true', '--no-color=false', '--json=true'])).toEqual([
      'loadtest',
      '--quiet',
      '--json=true',
    ]);
  });

  it('lets a switch that is off override what a script says, in the words that Go takes', () => {
    expect(rewriteArguments(['loadtest', '--throw=False', '--no-setup=T', '--verbose=0', '--paused=1'])).toEqual([
      'loadtest',
      '--switch-off=throw',
      '--no-setup',
      '--paused',
    ]);
    expect(() => rewriteArguments(['loadtest', '--throw=maybe'])).toThrow("--throw takes true or false (got 'maybe')");
  });

  it('logs the heads of HTTP requests unless told more', () => {
    expect(rewriteArguments(['--http-debug', 'a.js'])).toEqual(['--http-debug=headers', 'a.js']);
    expect(rewriteArguments(['--http-debug=full'])).toEqual(['--http-debug=full']);
  });

  it('gives a dashboard that has no address its own', () => {
    expect(rewriteArguments(['loadtest', '--dashboard'])).toEqual(['loadtest', '--dashboard=127.0.0.1:5665']);
    expect(rewriteArguments(['--dashboard', '-q', 'a.js'])).toEqual(['--dashboard=127.0.0.1:5665', '-q', 'a.js']);
    expect(rewriteArguments(['--dashboard', ':80'])).toEqual(['--dashboard', ':80']);
    expect(rewriteArguments(['--dashboard=[::1]:0'])).toEqual(['--dashboard=[::1]:0']);
  });

  it('takes help in front of a command for --help behind it', () => {
    expect(rewriteArguments(['help'])).toEqual(['--help']);
    expect(rewriteArguments(['help', 'report', 'trend'])).toEqual(['report', 'trend', '--help']);
  });

  it('leaves everything else alone, and what stands behind --', () => {
    expect(rewriteArguments(['-configure', '-c', 'x-config', '--', '-config'])).toEqual([
      '-configure',
      '-c',
      'x-config',
      '--',
      '-config',
    ]);
  });
});
