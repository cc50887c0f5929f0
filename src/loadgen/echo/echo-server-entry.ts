import { fileURLToPath } from 'node:url';

/**
 * The file that is an echo server as a process of its own: takes `--ready-fd N`, ends with its
 * parent.
 */
export function echoServerEntry(): string {
  return fileURLToPath(new URL('./echo-server.js', import.meta.url));
}
