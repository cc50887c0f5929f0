import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { processTree } from './process-tree.mjs';

const ENTRY = join(import.meta.dirname, '../../bin/run.js');
const START_MS = 30_000;

/**
 * `wsg serve` as an operator starts it, on a free port, with these keys of its configuration file and
 * these arguments. `pids()` are its process and those of its workers.
 */
export async function startServed(config, args = []) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-'));
  const file = join(folder, 'config.yml');
  const endpoints = [{ path: '/connect', set_tags: { room: 'a' } }];
  const given = { listen_addr: '127.0.0.1:0', endpoints, drain: { close_spread_s: 0 }, ...config };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(given));
  const all = [ENTRY, 'serve', '--config', file, '--ready-fd', '3', ...args];
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const ready = once(createInterface({ input: child.stdio[3] }), 'line', { signal: AbortSignal.timeout(START_MS) });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`wsg serve ${args.join(' ')} ended with ${code}`);
  });
  ended.catch(() => undefined);
  const [line] = await Promise.race([ready, ended]);
  return {
    port: JSON.parse(line).port,
    pids: () => processTree(child.pid),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
