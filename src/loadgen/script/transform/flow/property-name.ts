import type { AnyNode } from 'acorn';
import { isType } from '../syntax.js';

/** The name that a key stands for: `#x` for private ones, `@@x` for well-known symbols, undefined if it is not known. */
export function propertyName(key: AnyNode, isComputed: boolean): string | undefined {
  if (isType(key, 'PrivateIdentifier')) return `#${key.name}`;
  if (!isComputed && isType(key, 'Identifier')) return key.name;
  if (isType(key, 'Literal')) return String(key.value);
  const isSymbol = isType(key, 'MemberExpression') && isType(key.object, 'Identifier') && key.object.name === 'Symbol';
  return isSymbol && isType(key.property, 'Identifier') ? `@@${key.property.name}` : undefined;
}
