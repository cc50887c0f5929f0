import { fileURLToPath } from 'node:url';

/**
 * Returns the path of the echo server's entry. The process takes `--ready-fd N` and ends with its
 * parent.
 */
export function echoServerEntry(): string {
  return fileURLToPath(new URL('./echo-server.js', import.meta.url));
}
