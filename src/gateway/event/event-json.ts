import type { GatewayEvent } from './gateway-event.js';

/**
 * Encodes the event as one compact JSON object: keys sorted, all values strings, escaped as Go's
 * encoding/json does, without line breaks. A binary message is base64, with `"encoding":"base64"`.
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
 * Tests before it replaces: most texts contain none of these characters, and the test costs a tenth
 * of a replacement.
 */
function quote(text: string): string {
  const json = JSON.stringify(text);
  return HTML_CHARACTERS.test(json) ? json.replace(ALL_HTML_CHARACTERS, escapeUnicode) : json;
}

function escapeUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
