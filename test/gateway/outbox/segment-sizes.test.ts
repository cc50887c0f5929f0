import { expect, it } from 'vitest';
import { segmentSizes, sizesWithin } from '../../../src/gateway/outbox/log/log-segment.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MIB = 1024 * 1024;
const usual = { segmentBytes: 16 * MIB, maxDiskBytes: 1024 * MIB };

it.each([
  ['as configured where there is room', usual, 100 * 1024 * MIB, 16 * MIB],
  ['an eighth of the bound', { ...usual, maxDiskBytes: 8 * MIB }, 100 * 1024 * MIB, MIB],
  ['an eighth of the room on a small file system', usual, 8 * MIB, MIB],
  ['64 KiB on a tiny one', usual, 100 * 1024, 64 * 1024],
  ['as configured where the file system does not say', usual, Infinity, 16 * MIB],
  ['never more than configured', { ...usual, segmentBytes: 65_536 }, 8 * MIB, 65_536],
])('a file of the log ends at %s', (_what, config, freeBytes, expected) => {
  expect(sizesWithin(config, freeBytes).segmentBytes).toBe(expected);
  expect(sizesWithin(config, freeBytes).mostSegmentBytes).toBeGreaterThanOrEqual(expected);
});

it('uses the free space of the file system', async () => {
  const { segmentBytes } = await segmentSizes(usual, await temporaryFolder());
  expect(segmentBytes).toBeGreaterThanOrEqual(65_536);
});
