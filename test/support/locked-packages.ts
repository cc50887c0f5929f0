import { readFile } from 'node:fs/promises';

/** A package in package-lock.json. */
export interface LockedPackage {
  /** Path without the leading `node_modules/`; nested copies keep theirs. */
  readonly path: string;
  readonly version: string;
  readonly engines: string | undefined;
  readonly hasInstallScript: boolean;
  readonly isOptional: boolean;
}

/** Every package that an installation of wsg may bring, on any platform. */
export async function productionPackages(): Promise<LockedPackage[]> {
  const lock = JSON.parse(await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const packages: [string, Record<string, unknown>][] = Object.entries(lock.packages);
  return packages
    .filter(([path, entry]) => path !== '' && entry.dev !== true && entry.devOptional !== true)
    .map(([path, entry]) => ({
      path: path.replace(/^node_modules\//, ''),
      version: String(entry.version),
      engines: engineOf(entry.engines),
      hasInstallScript: entry.hasInstallScript === true,
      isOptional: entry.optional === true,
    }));
}

function engineOf(engines: unknown): string | undefined {
  return typeof engines === 'object' && engines !== null && 'node' in engines ? String(engines.node) : undefined;
}
