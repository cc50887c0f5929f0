import { type AnyNode } from 'acorn';
import { isType, type NodeOf } from '../syntax.js';
import { FunctionObject, type PointsToSet } from './points-to-set.js';
import { copyProperties } from './object-models.js';
import type { Visitor } from './visitor.js';

type HelperCall = (args: readonly AnyNode[], visitor: Visitor) => PointsToSet;

/** Models of esbuild's own helpers. Analysed as code, they would merge all modules into one. */
const HELPERS: Readonly<Record<string, HelperCall>> = {
  __export: exportNames,
  __toESM: toModule,
  __toCommonJS: ([module], visitor) => valueOf(module, visitor),
  __commonJS: commonJs,
  __commonJSMin: commonJs,
  __esm: ([modules], visitor) => {
    const initializer = new FunctionObject(visitor.analysis.worklist, undefined);
    visitor.analysis.callFromNative(membersOf(modules, visitor), []);
    return visitor.analysis.setOf(initializer);
  },
  __require: requireExternal,
  require: requireExternal,
  __publicField: ([target, name, value], visitor) => {
    const key = name !== undefined && isType(name, 'Literal') ? String(name.value) : undefined;
    const held = valueOf(value, visitor);
    visitor.analysis.store(valueOf(target, visitor), key, held);
    return held;
  },
};

/** Returns the value of a call of one of esbuild's helpers; undefined for any other call. */
export function callBundleHelper(node: NodeOf<'CallExpression'>, visitor: Visitor): PointsToSet | undefined {
  if (!isType(node.callee, 'Identifier') || !Object.hasOwn(HELPERS, node.callee.name)) return undefined;
  return HELPERS[node.callee.name]?.(node.arguments, visitor);
}

function valueOf(node: AnyNode | undefined, visitor: Visitor): PointsToSet {
  return node === undefined ? visitor.analysis.setOf() : visitor.value(node);
}

/** `__export(namespace, { name: () => value })`: stores each value in the namespace. */
function exportNames([target, names]: readonly AnyNode[], visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  const getters = valueOf(names, visitor);
  const namespace = valueOf(target, visitor);
  getters.onEach((object) =>
    object.onProp((name, getter) => analysis.store(namespace, name, analysis.callFromNative(getter, []))),
  );
  return namespace;
}

function toModule([module]: readonly AnyNode[], visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  const copy = analysis.allocate('object');
  const result = analysis.setOf(copy);
  const original = valueOf(module, visitor);
  original.onEach((object) => {
    if (object.kind === 'native' || object.kind === 'unknown') result.add(object);
    else {
      copyProperties(analysis, analysis.setOf(object), result);
      copy.prop('default').add(object);
    }
  });
  return result;
}

/** `__commonJS({ path(exports, module) {} })`: a function that returns `module.exports`. */
function commonJs([modules]: readonly AnyNode[], visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  const module = analysis.allocate('object');
  module.prop('exports').add(analysis.allocate('object'));
  const load = new FunctionObject(analysis.worklist, undefined);
  analysis.callFromNative(
    membersOf(modules, visitor),
    [module.prop('exports'), analysis.setOf(module)],
    module.prop('exports'),
  );
  module.prop('exports').flowTo(load.returned);
  return analysis.setOf(load);
}

function membersOf(modules: AnyNode | undefined, visitor: Visitor): PointsToSet {
  const members = visitor.analysis.setOf();
  visitor.analysis.load(valueOf(modules, visitor), undefined, members);
  return members;
}

function requireExternal([name]: readonly AnyNode[], visitor: Visitor): PointsToSet {
  const { analysis } = visitor;
  if (name === undefined || !isType(name, 'Literal')) return analysis.setOf(analysis.unknown);
  return analysis.setOf(analysis.native(String(name.value)));
}
