import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { cacheFolder } from '../../core/package-version.js';
import { describeMachine } from '../health/machine-times.js';
import { calibrationPayload } from '../../run-file/record-schemas.js';
import type { Calibration } from '../../run-file/records.js';

const file = z.record(z.string(), calibrationPayload);

/** Where calibrations are kept. */
export function calibrationPath(env: Readonly<NodeJS.ProcessEnv>): string {
  return join(cacheFolder(env), 'calibration.json');
}

/**
 * Keeps what this machine, Node and version can do, beside what others can. Rejects when the file
 * cannot be written; `version` is wsg's.
 */
export async function keepCalibration(path: string, version: string, calibration: Calibration): Promise<void> {
  const all = { ...(await readAll(path)), [keyOf(version)]: calibration };
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(all, null, 2)}\n`);
  await rename(draft, path);
}

/** What was kept; undefined when there is none, or the file cannot be read or understood. */
export async function readCalibration(path: string, version: string): Promise<Calibration | undefined> {
  return (await readAll(path))[keyOf(version)];
}

async function readAll(path: string): Promise<Readonly<Record<string, Calibration>>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return file.parse(value);
  } catch {
    return {};
  }
}

/** On another machine, Node or version a calibration says nothing. */
function keyOf(version: string): string {
  const { platform, arch, cpuModel, cpus } = describeMachine();
  const text = JSON.stringify([platform, arch, cpuModel, cpus, process.version, version]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
