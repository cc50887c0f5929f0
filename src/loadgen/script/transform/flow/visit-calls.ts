import type { AnyNode } from 'acorn';
import { isType, type NodeOf, type SiteNode } from '../syntax.js';
import type { Cell } from './cell.js';
import { callBundleHelper } from './bundle-helpers.js';
import type { Call } from './flow.js';
import type { Visitor, Visits } from './visitor.js';

/** Wires calls, `new` and tagged templates. */
export function addCallVisits(visits: Visits): Visits {
  return visits
    .on('CallExpression', visitCall)
    .on('NewExpression', (node, visitor) => {
      const callee = visitor.value(node.callee);
      const call = callOf(node, { self: visitor.flow.cell(), args: node.arguments }, visitor);
      visitor.flow.construct(callee, call);
      return call.result;
    })
    .on('TaggedTemplateExpression', (node, visitor) => {
      const { callee, self } = calleeOf(node.tag, visitor);
      const strings = visitor.flow.cell(visitor.flow.unknown);
      const call = callOf(node, { self, args: node.quasi.expressions, first: strings }, visitor);
      visitor.flow.call(callee, call);
      return call.result;
    })
    .on('ImportExpression', (node, visitor) => {
      visitor.value(node.source);
      return visitor.flow.cell(visitor.flow.unknown);
    });
}

function visitCall(node: NodeOf<'CallExpression'>, visitor: Visitor): Cell {
  const ofBundler = callBundleHelper(node, visitor);
  if (ofBundler !== undefined) return ofBundler;
  if (isType(node.callee, 'Super')) {
    const { self, superclass } = visitor.context;
    const call = callOf(node, { self, args: node.arguments }, visitor);
    visitor.flow.construct(superclass, call);
    return self;
  }
  const { callee, self } = calleeOf(node.callee, visitor);
  const call = callOf(node, { self, args: node.arguments }, visitor);
  visitor.flow.call(callee, call);
  return call.result;
}

function calleeOf(node: AnyNode, visitor: Visitor): { callee: Cell; self: Cell } {
  if (isType(node, 'ChainExpression')) return calleeOf(node.expression, visitor);
  if (!isType(node, 'MemberExpression')) return { callee: visitor.value(node), self: visitor.flow.cell() };
  const callee = visitor.value(node);
  return { callee, self: isType(node.object, 'Super') ? visitor.context.self : visitor.value(node.object) };
}

function callOf(
  node: SiteNode,
  { self, args, first }: { readonly self: Cell; readonly args: readonly AnyNode[]; readonly first?: Cell },
  visitor: Visitor,
): Call {
  const { flow } = visitor;
  const cells: Cell[] = first === undefined ? [] : [first];
  let spread: Cell | undefined;
  for (const arg of args) {
    if (isType(arg, 'SpreadElement')) {
      spread ??= flow.cell();
      flow.elements(visitor.value(arg.argument), spread);
    } else if (spread === undefined) cells.push(visitor.value(arg));
    else visitor.value(arg).flowTo(spread);
  }
  return { site: flow.site(node), self, args: cells, spread, result: flow.cell() };
}
