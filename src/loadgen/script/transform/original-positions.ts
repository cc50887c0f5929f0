import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { CompiledScript } from './compiled-script.js';
import type { SourcePosition } from './source-positions.js';

/** Leads from the compiled text back to the user's files. */
export class OriginalPositions {
  readonly #trace: TraceMap;

  constructor({ sourceMap }: Pick<CompiledScript, 'sourceMap'>) {
    this.#trace = new TraceMap(sourceMap);
  }

  /** Line and column count from 1, as V8's do. Undefined for what the rewriting added. */
  at(line: number, column: number): SourcePosition | undefined {
    const found = originalPositionFor(this.#trace, { line, column: column - 1 });
    if (found.source === null) return undefined;
    return { file: found.source, line: found.line, column: found.column + 1 };
  }
}
