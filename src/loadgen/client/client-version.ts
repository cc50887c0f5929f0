import { createRequire } from 'node:module';
import { z } from 'zod';

/** The client library under the virtual users, as the run file names it: `ws 8.23.0`. */
export function clientVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('ws/package.json');
  return `ws ${z.object({ version: z.string() }).parse(manifest).version}`;
}
