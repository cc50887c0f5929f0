import fc from 'fast-check';

const LINE_END = '\r\n';

/** Line endings, which are valid in most cases. */
const lineEnd = fc.oneof(
  { weight: 12, arbitrary: fc.constant(LINE_END) },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\r\n', ' \r\n', '\0\r\n') },
);

const NASTY_VALUES = ['', ' ', '\0', '\t', ',', '\x7f', 'é', '\xff', 'x'.repeat(9_000), 'x'.repeat(40_000), ',,;=;,'];

/** A value that no header should have. */
export const nastyValue = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NASTY_VALUES) },
  { weight: 2, arbitrary: fc.string({ maxLength: 24, unit: 'binary-ascii' }) },
);

const howWritten = fc.oneof(
  { weight: 30, arbitrary: fc.constant('plain') },
  { weight: 1, arbitrary: fc.constantFrom('missing', 'twice', 'folded', 'spaced', 'colonless', 'upper') },
);

/**
 * One header as text, with its line's end: well written or in one of the ways in which it can be
 * wrong.
 */
export function header(name, value) {
  return fc.tuple(howWritten, value, lineEnd).map(([how, text, end]) => writeHeader(how, name, text) + end);
}

function writeHeader(how, name, value) {
  switch (how) {
    case 'missing':
      return 'X-Nothing: 1';
    case 'twice':
      return `${name}: ${value}${LINE_END}${name}: ${value}`;
    case 'folded':
      return `${name}:${LINE_END} ${value}`;
    case 'spaced':
      return `${name} : ${value}`;
    case 'colonless':
      return `${name} ${value}`;
    case 'upper':
      return `${name.toUpperCase()}:${value}`;
    default:
      return `${name}: ${value}`;
  }
}

/** The usual value, or now and then another. */
export function usually(value, ...others) {
  const other = fc.oneof(fc.constantFrom(...others), nastyValue);
  return fc.oneof({ weight: 20, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other });
}

const version = usually('HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.11', 'http/1.1', 'HTTP/1.', '');

/**
 * A whole head: request line, headers, empty line.
 * @param {fc.Arbitrary<string>} method
 * @param {fc.Arbitrary<string>} target
 * @param {fc.Arbitrary<string>[]} headers
 */
export function requestHead(method, target, headers) {
  return fc
    .tuple(method, target, version, lineEnd, fc.tuple(...headers), lineEnd)
    .map(([verb, path, http, firstEnd, lines, lastEnd]) =>
      Buffer.from(`${verb} ${path} ${http}${firstEnd}${lines.join('')}${lastEnd}`, 'latin1'),
    );
}
