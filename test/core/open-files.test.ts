import { expect, it } from 'vitest';
import { openFileLimits, parseOpenFiles } from '../../src/core/open-files.js';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            1024                 524288               files     
Max locked memory         8388608              8388608              bytes     
`;

it('open files are read with soft and hard limit, and without a limit', () => {
  expect(parseOpenFiles(LIMITS)).toEqual({ soft: 1024, hard: 524_288 });
  expect(parseOpenFiles(LIMITS.replace('524288   ', 'unlimited'))?.hard).toBe(Number.MAX_SAFE_INTEGER);
  expect(parseOpenFiles('')).toBeUndefined();
});

it('this process has limits', () => {
  const { soft = 0, hard = 0 } = openFileLimits() ?? {};
  expect(soft).toBeGreaterThan(0);
  expect(hard).toBeGreaterThanOrEqual(soft);
});
