import type { CompiledScript } from '../../../script-compiler/compiled-script.js';
import { OriginalPositions } from '../../../script-compiler/source-positions.js';
import { scriptFileName } from './script-instance.js';

/** What is needed of a script to read its stack traces. */
export type TracedScript = Pick<CompiledScript, 'path' | 'sourceMap'>;

/** Reading a map costs milliseconds, and a script may throw in each iteration. */
const positionsOf = new WeakMap<TracedScript, OriginalPositions>();

/**
 * The script's own frames of a stack trace, at the user's files and lines; those of wsg and Node
 * are left out.
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
 * What a script threw, as the log shows it: the error and the script's own frames of its stack, at
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
