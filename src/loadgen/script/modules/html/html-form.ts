import type { AnyNode } from 'domhandler';
import { attributeOf, descendants, fieldValue, matching, nameOf } from './html-nodes.js';

/** One field of a form. */
interface FormValue {
  readonly name: string;
  readonly value: string | string[] | undefined;
}

const BUTTONS = /^(?:submit|button|reset|image|file)$/;

/** The fields that a browser would send: of forms those inside, else those among the nodes. */
export function formValues(nodes: readonly AnyNode[]): FormValue[] {
  const isForm = nodes.some((node) => nameOf(node) === 'form');
  const among = isForm ? nodes.flatMap((node) => descendants(node)) : nodes;
  return [...new Set(among)]
    .filter(matching('input,select,textarea,keygen'))
    .filter(isSent)
    .map((node) => ({ name: attributeOf(node, 'name') ?? '', value: fieldValue(node) }));
}

// k6 takes only `disabled="disabled"` and `checked="checked"` for set.
function isSent(node: AnyNode): boolean {
  const type = attributeOf(node, 'type') ?? '';
  const isChoice = type === 'checkbox' || type === 'radio';
  return (
    (attributeOf(node, 'name') ?? '') !== '' &&
    attributeOf(node, 'disabled') !== 'disabled' &&
    !BUTTONS.test(type) &&
    (!isChoice || attributeOf(node, 'checked') === 'checked')
  );
}
