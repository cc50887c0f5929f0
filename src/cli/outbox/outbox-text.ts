import { isUtf8 } from 'node:buffer';
import type { FoundLetter } from '../../gateway/index.js';

/** Control characters: text from clients must not control the terminal. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Escapes text of unknown origin for a terminal, on one line. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** A letter on one line. */
export function letterLine({ sink, letter, bytes }: FoundLetter): string {
  if (letter === undefined) return '';
  const { time, reason, event } = letter;
  return `${time}  ${sink}  ${event.id}  ${event.action}  ${bytes} bytes  ${printable(reason)}\n`;
}

/** A letter with a line for each field. */
export function letterText({ sink, letter }: FoundLetter): string {
  if (letter === undefined) return '';
  const { time, reason, event, destinations } = letter;
  const { id, connection, action, type, tags, message, reason: closeReason } = event;
  const fields: [string, string | undefined][] = [
    ['sink', sink],
    ['id', id],
    ['refused', time],
    ['reason', reason],
    ['connection', connection],
    ['action', action],
    ['type', type],
    ['tags', tags],
    ['close reason', closeReason],
    ['destinations', destinations === undefined ? undefined : JSON.stringify(destinations)],
    ['message', message === undefined ? undefined : messageText(message)],
  ];
  return fields.map(([name, value]) => (value === undefined ? '' : `${name.padEnd(13)}${printable(value)}\n`)).join('');
}

/** A letter for `--json`: the fields of the file, with the sink. */
export function letterRecord({ sink, letter }: FoundLetter): object {
  if (letter === undefined) return { sink };
  const { time, reason, event, destinations } = letter;
  const { id, connection, action, type, tags, message, reason: closeReason } = event;
  const base64 = message === undefined ? undefined : Buffer.from(message).toString('base64');
  return { sink, time, id, connection, action, type, tags, message: base64, closeReason, destinations, reason };
}

function messageText(message: Uint8Array): string {
  const bytes = Buffer.from(message);
  return isUtf8(bytes) ? bytes.toString('utf8') : `${bytes.length} bytes: ${bytes.toString('hex')}`;
}
