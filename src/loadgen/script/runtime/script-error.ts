import type { CompiledScript } from '../transform/compiled-script.js';
import { scriptFileName } from './script-instance.js';

/** What a script threw, as the log shows it: the error and the script's own frames of its stack. */
export function describeScriptError(error: unknown, compiled: Pick<CompiledScript, 'path'>): string {
  if (!(error instanceof Error)) return `Uncaught ${thrownText(error)}`;
  const file = scriptFileName(compiled.path);
  const frames = (error.stack ?? '').split('\n').filter((line) => line.includes(file));
  const head = `${error.name}: ${error.message}`;
  return [head, ...frames.map((frame) => `\t${frame.trim().replaceAll(file, compiled.path)}`)].join('\n');
}

function thrownText(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? typeof thrown);
}
