import { resolve } from 'node:path';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { CompiledScript } from './compiled-script.js';

/** A position in one of the user's files; line and column start at 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Maps offsets in the bundle to file, line and column in the user's source. */
export class SourcePositions {
  /** The user's files as absolute paths; remote files keep their address. */
  readonly files: readonly string[];
  readonly #trace: TraceMap;
  readonly #lineStarts: number[] = [0];

  /** Files of the map are relative to `folder`. */
  constructor(code: string, { map, folder }: { readonly map: string; readonly folder: string }) {
    this.#trace = new TraceMap(map);
    this.files = this.#trace.sources.map((source) => resolve(folder, source ?? ''));
    for (let at = code.indexOf('\n'); at !== -1; at = code.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  /** Returns undefined for code that the bundler added. */
  at(offset: number): SourcePosition | undefined {
    const line = this.#lineOf(offset);
    const found = originalPositionFor(this.#trace, { line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) });
    if (found.source === null) return undefined;
    return { file: found.source, line: found.line, column: found.column + 1 };
  }

  /** Returns the index in `files` of the file that contains an offset. */
  fileAt(offset: number): number | undefined {
    const position = this.at(offset);
    const index = position === undefined ? -1 : this.#trace.sources.indexOf(position.file);
    return index === -1 ? undefined : index;
  }

  /** Returns `file:line:column`, the beginning of a problem's message. */
  describe(offset: number): string {
    const position = this.at(offset);
    return position === undefined ? 'bundled code' : `${position.file}:${position.line}:${position.column}`;
  }

  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Maps positions in the compiled text to the user's files. */
export class OriginalPositions {
  readonly #trace: TraceMap;

  constructor({ sourceMap }: Pick<CompiledScript, 'sourceMap'>) {
    this.#trace = new TraceMap(sourceMap);
  }

  /** Line and column start at 1, as V8's do. Returns undefined for code that the compiler added. */
  at(line: number, column: number): SourcePosition | undefined {
    const found = originalPositionFor(this.#trace, { line, column: column - 1 });
    if (found.source === null) return undefined;
    return { file: found.source, line: found.line, column: found.column + 1 };
  }
}
