import type { CompiledScript } from '../../../script-compiler/compiled-script.js';
import { OriginalPositions } from '../../../script-compiler/source-positions.js';
import { scriptFileName } from './script-instance.js';

/** The parts of a script that are needed to read its stack traces. */
export type TracedScript = Pick<CompiledScript, 'path' | 'sourceMap'>;

/** Cached, because parsing a map takes milliseconds and a script may throw in each iteration. */
const positionsOf = new WeakMap<TracedScript, OriginalPositions>();

/**
 * Returns the script's own frames of a stack trace with the user's files and lines. Frames of wsg
 * and Node are omitted.
 */
export function scriptFrames(stack: string, script: TracedScript): string[] {
  const prefix = `${scriptFileName(script.path)}:`;
  return stack.split('\n').flatMap((frame) => {
    const at = frame.lastIndexOf(prefix);
    if (at === -1) return [];
    const place = /^(\d+):(\d+)/.exec(frame.slice(at + prefix.length));
    const position = place === null ? undefined : originalOf(script, Number(place[1]), Number(place[2]));
    if (place === null || position === undefined) return [];
    const after = frame.slice(at + prefix.length + place[0].length);
    return [`${frame.slice(0, at).trim()} ${position}${after}`.replace('( ', '(')];
  });
}

function originalOf(script: TracedScript, line: number, column: number): string | undefined {
  let positions = positionsOf.get(script);
  if (positions === undefined) {
    positions = new OriginalPositions(script);
    positionsOf.set(script, positions);
  }
  const position = positions.at(line, column);
  return position === undefined ? undefined : `${position.file}:${position.line}:${position.column}`;
}

/**
 * Describes an error of the script for the log: the error and the script's own stack frames, with
 * the user's lines.
 */
export function describeScriptError(error: unknown, compiled: TracedScript): string {
  if (!(error instanceof Error)) return `Uncaught ${thrownText(error)}`;
  const frames = scriptFrames(error.stack ?? '', compiled);
  const head = `${error.name}: ${error.message}`;
  return [head, ...frames.map((frame) => `\t${frame}`)].join('\n');
}

function thrownText(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? typeof thrown);
}
