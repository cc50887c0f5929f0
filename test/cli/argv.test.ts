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
