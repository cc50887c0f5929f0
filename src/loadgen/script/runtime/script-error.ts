import { scriptFrames, type TracedScript } from './stack-trace.js';

/** What a script threw, as the log shows it: the error and the script's own frames of its stack, at the user's lines. */
export function describeScriptError(error: unknown, compiled: TracedScript): string {
  if (!(error instanceof Error)) return `Uncaught ${thrownText(error)}`;
  const frames = scriptFrames(error.stack ?? '', compiled);
  const head = `${error.name}: ${error.message}`;
  return [head, ...frames.map((frame) => `\t${frame}`)].join('\n');
}

function thrownText(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? typeof thrown);
}
