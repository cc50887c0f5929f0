import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { calibrationPath, keepCalibration, readCalibration } from '../../../src/loadgen/calibrate/calibrate.js';

const CALIBRATION = { at: '2026-01-02T03:04:05.000Z', floorP50Ms: 0.1, floorP99Ms: 0.5, messagesPerSecond: 40_000 };

describe('the calibration file', () => {
  it('keeps one entry for each version', async () => {
    const path = join(await temporaryFolder(), 'deep', 'calibration.json');
    expect(await readCalibration(path, '1.0.0')).toBeUndefined();
    await keepCalibration(path, '1.0.0', CALIBRATION);
    await keepCalibration(path, '2.0.0', { ...CALIBRATION, messagesPerSecond: 7 });
    expect(await readCalibration(path, '1.0.0')).toEqual(CALIBRATION);
    expect(await readCalibration(path, '2.0.0')).toMatchObject({ messagesPerSecond: 7 });
    expect(await readCalibration(path, '3.0.0')).toBeUndefined();
  });

  it('is replaced when it is damaged', async () => {
    const path = join(await temporaryFolder(), 'calibration.json');
    for (const text of ['{', '[]', '{"a":{"at":1}}']) {
      await writeFile(path, text);
      expect(await readCalibration(path, '1.0.0')).toBeUndefined();
    }
    await keepCalibration(path, '1.0.0', CALIBRATION);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      [Object.keys(JSON.parse(await readFile(path, 'utf8')))[0] ?? '']: CALIBRATION,
    });
  });

  it("is in the user's cache folder", () => {
    expect(calibrationPath({ XDG_CACHE_HOME: '/c' })).toBe('/c/wsg/calibration.json');
    expect(calibrationPath({ XDG_CACHE_HOME: '' })).toMatch(/\/\.cache\/wsg\/calibration\.json$/);
  });
});
