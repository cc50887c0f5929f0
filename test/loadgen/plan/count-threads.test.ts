import { describe, expect, it } from 'vitest';
import { countThreads } from '../../../src/loadgen/plan/count-threads.js';
import { parseLoadOptions, planLoad } from '../../../src/loadgen/plan/parse-load-options.js';
import { createRunHeader } from '../../../src/loadgen/run/run-header.js';

describe('countThreads', () => {
  it('is what is wanted, and never more than there are virtual users', () => {
    expect(countThreads(parseLoadOptions({ threads: '4', vus: '10', duration: '1s' }))).toBe(4);
    expect(countThreads(parseLoadOptions({ threads: '4', vus: '3', duration: '1s' }))).toBe(3);
    expect(countThreads(parseLoadOptions({ vus: '1', duration: '1s' }, { WSG_THREADS: '7' }))).toBe(1);
  });

  it('leaves each thread a virtual user for each arrival rate', () => {
    const rate = { executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVUs: 2 };
    const many = { executor: 'constant-vus', vus: 50, duration: '1s' };
    const script = { name: 'a.js', options: { scenarios: { rate, many } }, exports: ['default'] };
    expect(countThreads(planLoad({ flags: { threads: '8' }, script }).plan)).toBe(2);
  });

  it('is one where somebody has to know of all: who awaits a message, who is back', () => {
    for (const scenario of ['fan-out', 'storm'])
      expect(countThreads(parseLoadOptions({ scenario, threads: '4' }))).toBe(1);
    expect(countThreads(parseLoadOptions({ scenario: 'echo', threads: '4' }))).toBe(4);
  });

  it('stands in the header, and does not keep runs from being compared', () => {
    const headers = ['1', '3'].map((threads) =>
      createRunHeader(parseLoadOptions({ threads, vus: '9', duration: '1s' }), { version: '1', startedAtMs: 0 }),
    );
    expect(headers.map(({ threads }) => threads)).toEqual([1, 3]);
    expect(headers[0]?.planHash).toBe(headers[1]?.planHash);
  });
});
