import { describe, expect, it } from 'vitest';
import type { LoadFlags } from '../../../src/loadgen/options/index.js';
import { planLoad } from '../../../src/loadgen/plan/parse-load-options.js';
import { createRunHeader } from '../../../src/loadgen/run/run-header.js';

function headerOf(options: unknown, flags: LoadFlags = {}) {
  const script = { name: 'chat.js', options, exports: ['default'] };
  return createRunHeader(planLoad({ flags, script }).plan, { version: '1.2.3', startedAtMs: 0 });
}

describe('the header of a run', () => {
  it("omits values of scripts' environment variables", () => {
    const a = { executor: 'constant-vus', duration: '5s', env: { TOKEN: 'hush' } };
    const header = headerOf({ scenarios: { a } });
    expect(JSON.stringify(header)).not.toContain('hush');
    expect(header.plan).toMatchObject({ scenarios: [{ env: ['TOKEN'] }] });
  });

  it('has no target for a script, and counts the virtual users of its segment', () => {
    const header = headerOf({ vus: 8, duration: '5s' }, { executionSegment: '0:1/4' });
    expect(header).toMatchObject({ scenario: 'chat.js', vus: 2, tls: false, durationMs: 5000 });
    expect(header.target).toBeUndefined();
  });

  it('names the whole plan in every part of it, and the part beside it', () => {
    const whole = headerOf({ vus: 8, duration: '5s' });
    const half = headerOf({ vus: 8, duration: '5s' }, { executionSegment: '0:1/2' });
    const shard = headerOf({ vus: 8, duration: '5s' }, { shard: '2/4' });
    const description = whole.description;
    for (const part of [half, shard]) expect(part).toMatchObject({ plan: whole.plan, planHash: whole.planHash });
    expect(whole).not.toHaveProperty('segment');
    expect(half).not.toHaveProperty('shard');
    expect(half.segment).toEqual({ text: '0:1/2', period: 2, from: 0, to: 1, description });
    expect(shard.segment).toEqual({ text: '1/4:2/4', period: 4, from: 1, to: 2, description });
    expect(shard.shard).toEqual({ index: 2, count: 4 });
    expect(shard.description).toEqual(['default: 2 looping VUs for 5s (gracefulStop: 30s)']);
  });
});
