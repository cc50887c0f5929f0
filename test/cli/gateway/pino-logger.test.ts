import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../../..');
const Line = z.object({ level: z.number(), time: z.string(), event: z.string(), port: z.number().optional() });

describe('the structured logger', () => {
  it('writes one JSON object per line to standard error, and nothing below its level', () => {
    const script = `const { createPinoLogger } = await import('./dist/cli/gateway/pino-logger.js');
      const log = createPinoLogger('info'); log.debug('unseen'); log.info('gateway.listening', { port: 1 }); log.error('gateway.failed');`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root, encoding: 'utf8' });
    const lines = run.stderr
      .trim()
      .split('\n')
      .map((line) => Line.parse(JSON.parse(line)));
    expect(run.stdout).toBe('');
    expect(lines.map(({ event, port }) => ({ event, port }))).toEqual([
      { event: 'gateway.listening', port: 1 },
      { event: 'gateway.failed', port: undefined },
    ]);
    expect(Number.isNaN(Date.parse(lines[0]?.time ?? ''))).toBe(false);
  });
});
