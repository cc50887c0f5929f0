import type { AnyNode } from 'domhandler';
import { isTag } from 'domhandler';
import { attributeOf } from './html-nodes.js';

/**
 * Words that k6 writes in capitals where they are a part of a property's name: `data-user-id` is
 * `userID`.
 */
const INITIALISMS =
  /^(?:acl|api|ascii|cpu|css|dns|eof|eta|gpu|guid|html|https?|id|ip|json|lhs|os|qps|ram|rhs|rpc|sla|smtp|ssh|sql|tcp|tls|ttl|udp|ui|uid|uuid|uri|url|utf8|vm|xml|xmpp|xsrf|xss)$/;

/** The value of one `data-` attribute, or all of them as an object. */
export function dataOf(node: AnyNode | undefined, name: string | undefined): unknown {
  if (node === undefined || !isTag(node) || Object.keys(node.attribs).length === 0) return undefined;
  if (name !== undefined) {
    const value = attributeOf(node, `data-${attributeName(name)}`);
    return value === undefined ? undefined : dataValue(value);
  }
  const entries = Object.entries(node.attribs).filter(([key]) => key.startsWith('data-') && key.length > 5);
  return Object.fromEntries(entries.map(([key, value]) => [propertyName(key.slice(5)), dataValue(value)]));
}

function attributeName(property: string): string {
  return property
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

function propertyName(attribute: string): string {
  const [first = '', ...rest] = attribute.split('-');
  return first + rest.map(capitalized).join('');
}

function capitalized(word: string): string {
  return INITIALISMS.test(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1);
}

function dataValue(text: string): unknown {
  if (text === '' || text === 'null' || text === 'undefined') return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^[[{]/.test(text)) return parsedJson(text);
  return Number.isFinite(Number(text)) && String(Number(text)) === text ? Number(text) : text;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
