type Version = readonly [major: number, minor: number, patch: number];

/**
 * Whether a version of Node is within a range of `engines`. Throws for forms that no package here
 * uses rather than guessing.
 */
export function acceptsNode(range: string, version: string): boolean {
  const [lowest] = parse(version);
  return range.split('||').some((alternative) =>
    alternative
      .trim()
      .replace(/([<>=^~])\s+/g, '$1')
      .split(/\s+/)
      .every((comparator) => matches(comparator, lowest)),
  );
}

function matches(comparator: string, version: Version): boolean {
  if (comparator === '*') return true;
  const [, operator = '', text = ''] = /^(>=|<|\^|)(\d[\d.x*]*)$/.exec(comparator) ?? [];
  if (text === '') throw new Error(`the range ${comparator} is not understood`);
  const [lowest, beyond] = parse(text);
  if (operator === '>=') return compare(version, lowest) >= 0;
  if (operator === '<') return compare(version, lowest) < 0;
  const end: Version = operator === '^' ? [lowest[0] + 1, 0, 0] : beyond;
  return compare(version, lowest) >= 0 && compare(version, end) < 0;
}

/** The lowest version that `20`, `20.x` or `20.15.1` includes, and the first that it excludes. */
function parse(text: string): [Version, Version] {
  const parts = text.split('.').filter((part) => !/^[x*]$/.test(part));
  const [major = 0, minor = 0, patch = 0] = parts.map(Number);
  if ([major, minor, patch].some(Number.isNaN)) throw new Error(`the version ${text} is not understood`);
  const beyond: Version =
    parts.length === 1 ? [major + 1, 0, 0] : parts.length === 2 ? [major, minor + 1, 0] : [major, minor, patch + 1];
  return [[major, minor, patch], beyond];
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}
