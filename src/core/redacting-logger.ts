import type { LogFields, Logger } from './logger.js';

const HIDDEN = '***';
/** Deeper than any field of ours; what a foreign object hides below is not logged. */
const DEEPEST = 4;

const SECRET_NAME = /pass(?:word|wd)?$|secret|token|authorization|cookie|api_?-?key|credential/i;

/** What gives secrets away inside a text, and what remains of it. */
const SECRET_TEXTS: readonly (readonly [pattern: RegExp, shown: string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)(?![^\s/?#@:]*:\*{3}@)[^\s/?#@:]*(?::[^\s@]*)?@/gi, `$1${HIDDEN}@`],
  [/([?&][^=&\s]*(?:pass|secret|token|key|auth|jwt|sig)[^=&\s]*=)[^&\s]+/gi, `$1${HIDDEN}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${HIDDEN}`],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, HIDDEN],
];

/**
 * The second line of defence: whoever logs hands over no secret, and what looks like one all the
 * same (by the name of its field, or by its form inside a text) is `***`.
 */
export function redactingLogger(log: Logger): Logger {
  return {
    debug: (event, fields) => log.debug(event, fields && redactFields(fields)),
    info: (event, fields) => log.info(event, fields && redactFields(fields)),
    warn: (event, fields) => log.warn(event, fields && redactFields(fields)),
    error: (event, fields) => log.error(event, fields && redactFields(fields)),
  };
}

function redactFields(fields: object, depth = 0): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, SECRET_NAME.test(name) ? HIDDEN : redact(value, depth)]),
  );
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEEPEST) return HIDDEN;
  return Array.isArray(value) ? value.map((item) => redact(item, depth + 1)) : redactFields(value, depth + 1);
}

/** The text with what looks like a secret as `***`: for what is shown elsewhere than in the log. */
export function redactText(text: string): string {
  return SECRET_TEXTS.reduce((shown, [pattern, replacement]) => shown.replace(pattern, replacement), text);
}
