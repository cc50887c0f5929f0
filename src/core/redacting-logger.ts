import type { LogFields, Logger } from './logger.js';

const HIDDEN = '***';
/** Maximum depth of logged objects, which is more than wsg's own fields have. */
const DEEPEST = 4;

const SECRET_NAME = /pass(?:word|wd)?$|secret|token|authorization|cookie|api_?-?key|credential/i;

/** Patterns of secrets inside a text, and their replacements. */
const SECRET_TEXTS: readonly (readonly [pattern: RegExp, shown: string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)(?![^\s/?#@:]*:\*{3}@)[^\s/?#@:]*(?::[^\s@]*)?@/gi, `$1${HIDDEN}@`],
  [/([?&][^=&\s]*(?:pass|secret|token|key|auth|jwt|sig)[^=&\s]*=)[^&\s]+/gi, `$1${HIDDEN}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${HIDDEN}`],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, HIDDEN],
];

/**
 * A second line of defence: callers must not log secrets, and text that looks like one (by the name
 * of its field, or by its form) is replaced by `***`.
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

/** Replaces text that looks like a secret by `***`, for output other than the log. */
export function redactText(text: string): string {
  return SECRET_TEXTS.reduce((shown, [pattern, replacement]) => shown.replace(pattern, replacement), text);
}
