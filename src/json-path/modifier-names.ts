/** gjson's modifiers. `@` before any other name is part of a key. */
export const MODIFIER_NAMES: ReadonlySet<string> = new Set([
  'dig',
  'flatten',
  'fromstr',
  'group',
  'join',
  'keys',
  'pretty',
  'reverse',
  'this',
  'tostr',
  'ugly',
  'valid',
  'values',
]);
