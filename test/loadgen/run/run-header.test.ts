import { describe, expect, it } from 'vitest';
import { planLoad } from '../../../src/loadgen/plan/parse-load-options.js';
import { createRunHeader } from '../../../src/loadgen/run/run-header.js';

function headerOf(options: unknown, executionSegment?: string) {
  const script = { name: 'chat.js', options, exports: ['default'] };
  return createRunHeader(planLoad({ flags: { executionSegment }, script }).plan, { version: '1.2.3', startedAtMs: 0 });
}

describe('the header of a run', () => {
  it("omits values of scripts' environment variables", () => {
    const a = { executor: 'constant-vus', duration: '5s', env: { TOKEN: 'hush' } };
    const header = headerOf({ scenarios: { a } });
    expect(JSON.stringify(header)).not.toContain('hush');
    expect(header.plan).toMatchObject({ scenarios: [{ env: ['TOKEN'] }] });
  });

  it('has no target for a script, and counts the virtual users of its segment', () => {
    const header = headerOf({ vus: 8, duration: '5s' }, '0:1/4');
    expect(header).toMatchObject({ scenario: 'chat.js', vus: 2, tls: false, durationMs: 5000 });
    expect(header.target).toBeUndefined();
    expect(header.planHash).not.toBe(headerOf({ vus: 8, duration: '5s' }).planHash);
  });
});
