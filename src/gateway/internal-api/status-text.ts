import type { ConnectionStatus } from '../bus/bus.js';

/** One line as the old program wrote it: `id=<id> k=v k=v ` and a newline. No tag can forge a line or a pair. */
export function statusLine({ id, tags }: ConnectionStatus): string {
  let line = `id=${id} `;
  for (const [key, value] of tags) line += `${escapePairText(key)}=${escapePairText(value)} `;
  return `${line}\n`;
}

/** A connection as one JSON object. */
export function statusJson({ id, tags }: ConnectionStatus): string {
  return JSON.stringify({ id, tags: Object.fromEntries(tags) });
}

/** The key, ` - value` for each value in use, an empty line. */
export function treeText(tree: ReadonlyMap<string, readonly string[]>): string {
  let text = '';
  for (const [key, values] of tree) {
    text += `${escapeControls(key)}\n`;
    for (const value of values) text += ` - ${escapeControls(value)}\n`;
    text += '\n';
  }
  return text;
}

/** Percent-encodes what separates pairs and lines: control characters, spaces and `=`. */
function escapePairText(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029 =]/gu, encodeURIComponent);
}

function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, encodeURIComponent);
}
