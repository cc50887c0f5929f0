import { decodedMappings, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { SourceMap } from 'magic-string';

/**
 * Composes the map from the rewritten text to the user's files: `outer` leads to the bundle,
 * `inner` from the bundle to the files.
 */
export function composeMaps(outer: string, inner: string): string {
  const bundle = new TraceMap(inner);
  const sources = bundle.sources.map((source) => source ?? '');
  const mappings = decodedMappings(new TraceMap(outer)).map((line) =>
    line.flatMap(([column, , bundleLine, bundleColumn]): [number, number, number, number][] => {
      if (bundleLine === undefined || bundleColumn === undefined) return [];
      const found = originalPositionFor(bundle, { line: bundleLine + 1, column: bundleColumn });
      return found.source === null ? [] : [[column, sources.indexOf(found.source), found.line - 1, found.column]];
    }),
  );
  return new SourceMap({ file: 'script', sources, names: [], mappings }).toString();
}
