import type { GatewayEvent } from './gateway-event.js';

/**
 * The event as AMQP and SSE carry it: one compact JSON object, keys sorted, all values strings,
 * escaped as Go's encoding/json does. A binary message is base64, which `"encoding":"base64"` says.
 * The text holds no line break.
 */
export function encodeEventJson(event: GatewayEvent): string {
  const head = `{"action":"${event.action}","connection":${quote(event.connection)}`;
  if (event.message === undefined) return `${head},"tags":${quote(event.tags)}}`;
  const { buffer, byteOffset, byteLength } = event.message;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  if (event.type === 'binary') {
    const message = bytes.toString('base64');
    return `${head},"encoding":"base64","message":"${message}","tags":${quote(event.tags)},"type":"binary"}`;
  }
  return `${head},"message":${quote(bytes.toString('utf8'))},"tags":${quote(event.tags)},"type":"text"}`;
}

const HTML_CHARACTERS = /[<>&\u2028\u2029]/;
const ALL_HTML_CHARACTERS = /[<>&\u2028\u2029]/g;

/**
 * Asks before it replaces: most texts hold none of these characters, and looking is a tenth of the
 * cost.
 */
function quote(text: string): string {
  const json = JSON.stringify(text);
  return HTML_CHARACTERS.test(json) ? json.replace(ALL_HTML_CHARACTERS, escapeUnicode) : json;
}

function escapeUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
