const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED = /^([+-]?)(inf|infinity|nan)$/i;

/**
 * The number that Go's strconv.ParseFloat reads: infinite when it is too large, 0 when the text is no number. Go also
 * reads hexadecimal floats (`0x1p-2`), which give 0 here.
 */
export function parseGoFloat(text: string): number {
  if (DECIMAL.test(text)) return Number(text);
  const named = NAMED.exec(text);
  if (named === null) return 0;
  if (named[2]?.toLowerCase() === 'nan') return named[1] === '' ? Number.NaN : 0;
  return named[1] === '-' ? -Infinity : Infinity;
}

/** The number as Go's strconv.FormatFloat(n, 'f', -1, 64) prints it: fewest digits that give it back, never an exponent. */
export function formatGoFloat(number: number): string {
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number < 0 ? '-Inf' : '+Inf';
  const sign = number < 0 || Object.is(number, -0) ? '-' : '';
  const [mantissa = '', exponent = '0'] = Math.abs(number).toExponential().split('e');
  return sign + placePoint(mantissa.replace('.', ''), Number(exponent) + 1);
}

/** `digits` with the decimal point after the first `whole` of them. */
function placePoint(digits: string, whole: number): string {
  if (whole <= 0) return `0.${'0'.repeat(-whole)}${digits}`;
  if (whole >= digits.length) return digits.padEnd(whole, '0');
  return `${digits.slice(0, whole)}.${digits.slice(whole)}`;
}
