import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The exit code of a harness, and its output. */
export interface HarnessEnding {
  readonly code: number | null;
  readonly output: string;
}

/** Runs `conformance/<name>/run.mjs` to its end. */
export function runHarness(name: string, args: readonly string[]): Promise<HarnessEnding> {
  const script = fileURLToPath(new URL(`../../conformance/${name}/run.mjs`, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}
