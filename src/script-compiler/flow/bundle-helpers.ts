import { type AnyNode } from 'acorn';
import { isType, type NodeOf } from '../syntax.js';
import { FunctionThing, type Cell } from './cell.js';
import { copyProperties } from './native-objects.js';
import type { Visitor } from './visitor.js';

type HelperCall = (args: readonly AnyNode[], visitor: Visitor) => Cell;

/**
 * What esbuild's own helpers do, told directly: through their code all modules would look like one.
 */
const HELPERS: Readonly<Record<string, HelperCall>> = {
  __export: exportNames,
  __toESM: toModule,
  __toCommonJS: ([module], visitor) => valueOf(module, visitor),
  __commonJS: commonJs,
  __commonJSMin: commonJs,
  __esm: ([modules], visitor) => {
    const initializer = new FunctionThing(visitor.flow.deliveries, undefined);
    visitor.flow.callBack(membersOf(modules, visitor), []);
    return visitor.flow.cell(initializer);
  },
  __require: requireExternal,
  require: requireExternal,
  __publicField: ([target, name, value], visitor) => {
    const key = name !== undefined && isType(name, 'Literal') ? String(name.value) : undefined;
    const held = valueOf(value, visitor);
    visitor.flow.write(valueOf(target, visitor), key, held);
    return held;
  },
};

/** The value of a call of one of esbuild's helpers; undefined for any other call. */
export function callBundleHelper(node: NodeOf<'CallExpression'>, visitor: Visitor): Cell | undefined {
  if (!isType(node.callee, 'Identifier') || !Object.hasOwn(HELPERS, node.callee.name)) return undefined;
  return HELPERS[node.callee.name]?.(node.arguments, visitor);
}

function valueOf(node: AnyNode | undefined, visitor: Visitor): Cell {
  return node === undefined ? visitor.flow.cell() : visitor.value(node);
}

/** `__export(namespace, { name: () => value })`: the namespace has the values. */
function exportNames([target, names]: readonly AnyNode[], visitor: Visitor): Cell {
  const { flow } = visitor;
  const getters = valueOf(names, visitor);
  const namespace = valueOf(target, visitor);
  getters.onEach((thing) => thing.onProp((name, getter) => flow.write(namespace, name, flow.callBack(getter, []))));
  return namespace;
}

function toModule([module]: readonly AnyNode[], visitor: Visitor): Cell {
  const { flow } = visitor;
  const copy = flow.thing('object');
  const result = flow.cell(copy);
  const original = valueOf(module, visitor);
  original.onEach((thing) => {
    if (thing.kind === 'native' || thing.kind === 'unknown') result.add(thing);
    else {
      copyProperties(flow, flow.cell(thing), result);
      copy.prop('default').add(thing);
    }
  });
  return result;
}

/** `__commonJS({ path(exports, module) {} })`: a function that gives `module.exports`. */
function commonJs([modules]: readonly AnyNode[], visitor: Visitor): Cell {
  const { flow } = visitor;
  const module = flow.thing('object');
  module.prop('exports').add(flow.thing('object'));
  const load = new FunctionThing(flow.deliveries, undefined);
  flow.callBack(membersOf(modules, visitor), [module.prop('exports'), flow.cell(module)], module.prop('exports'));
  module.prop('exports').flowTo(load.returned);
  return flow.cell(load);
}

function membersOf(modules: AnyNode | undefined, visitor: Visitor): Cell {
  const members = visitor.flow.cell();
  visitor.flow.read(valueOf(modules, visitor), undefined, members);
  return members;
}

function requireExternal([name]: readonly AnyNode[], visitor: Visitor): Cell {
  const { flow } = visitor;
  if (name === undefined || !isType(name, 'Literal')) return flow.cell(flow.unknown);
  return flow.cell(flow.native(String(name.value)));
}
