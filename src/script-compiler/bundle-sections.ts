import { resolve, sep } from 'node:path';
import type { Metafile } from 'esbuild';
import { isK6Name } from './module-names.js';

/** Files up to this size are always analysed, unless they come from a package. */
const SMALL_BYTES = 20_000;

/** The part of a bundle that came from one file. */
export interface BundleSection {
  readonly start: number;
  /**
   * Neither this file nor any file that it imports uses k6, and it is large or comes from a
   * package: nothing in it blocks by itself.
   */
  readonly isLibrary: boolean;
  /** This file, or one that it imports, uses k6. */
  readonly reachesK6: boolean;
}

/**
 * Finds the files in a bundle: esbuild writes a comment with the name of each file before its code.
 */
export function bundleSections(code: string, folder: string, { inputs }: Metafile): BundleSection[] {
  const blocking = filesThatReachK6(inputs);
  const isLibrary = (file: string): boolean => {
    const isOfPackage = isAddress(file) || resolve(folder, file).includes(`${sep}node_modules${sep}`);
    return !blocking.has(file) && (isOfPackage || (inputs[file]?.bytes ?? 0) > SMALL_BYTES);
  };
  return [...code.matchAll(/^\/\/ (.+)$/gm)].flatMap(({ 1: file, index }) => {
    if (file === undefined || inputs[file] === undefined) return [];
    return [{ start: index, isLibrary: isLibrary(file), reachesK6: blocking.has(file) }];
  });
}

function isAddress(file: string): boolean {
  return /^(wsg-remote:|https?:)/.test(file);
}

function filesThatReachK6(inputs: Metafile['inputs']): ReadonlySet<string> {
  const reaching = new Set<string>();
  for (let before = -1; before !== reaching.size;) {
    before = reaching.size;
    for (const [file, { imports }] of Object.entries(inputs)) {
      if (imports.some(({ path, external }) => (external === true ? isK6Name(path) : reaching.has(path))))
        reaching.add(file);
    }
  }
  return reaching;
}
