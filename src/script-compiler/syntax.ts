import { type AnyNode, type Program, parse } from 'acorn';
import { analyze, type Variable } from 'eslint-scope';

/** The node type with this name. */
export type NodeOf<T extends AnyNode['type']> = Extract<AnyNode, { type: T }>;
/** A function of any form. */
export type FunctionNode =
  NodeOf<'FunctionDeclaration'> | NodeOf<'FunctionExpression'> | NodeOf<'ArrowFunctionExpression'>;
/** A call of any form. */
export type SiteNode = NodeOf<'CallExpression'> | NodeOf<'NewExpression'> | NodeOf<'TaggedTemplateExpression'>;
export type ClassNode = NodeOf<'ClassDeclaration'> | NodeOf<'ClassExpression'>;
export type LoopNode =
  | NodeOf<'WhileStatement'>
  | NodeOf<'DoWhileStatement'>
  | NodeOf<'ForStatement'>
  | NodeOf<'ForInStatement'>
  | NodeOf<'ForOfStatement'>;

/** A parsed program: its nodes, their parents, and the variables that identifiers refer to. */
export interface Syntax {
  readonly program: Program;
  readonly nodes: readonly AnyNode[];
  readonly parents: ReadonlyMap<AnyNode, AnyNode>;
  /** The variable that an identifier declares or refers to; undefined for a global. */
  readonly variables: ReadonlyMap<object, Variable>;
  /** Identifiers that the program does not declare. */
  readonly globals: readonly NodeOf<'Identifier'>[];
  /**
   * Whether the program can change its global object: it refers to that object, assigns to a
   * global, or evaluates code at run time.
   */
  readonly mayChangeGlobal: boolean;
}

/** Parses the code and binds its names. Throws a `SyntaxError` with a position. */
export function parseSyntax(code: string): Syntax {
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', ranges: true });
  const nodes: AnyNode[] = [];
  const parents = new Map<AnyNode, AnyNode>();
  collect(program, nodes, parents);
  const { variables, free, writesGlobal } = bind(program);
  const globals = nodes.filter((node) => isType(node, 'Identifier')).filter((node) => free.has(node));
  const mayChangeGlobal = writesGlobal || globals.some((node) => reachesGlobalObject(node, parents));
  return { program, nodes, parents, variables, globals, mayChangeGlobal };
}

export function isType<T extends AnyNode['type']>(node: AnyNode, type: T): node is NodeOf<T> {
  return node.type === type;
}

export function isFunctionNode(node: AnyNode): node is FunctionNode {
  const { type } = node;
  return type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression';
}

export function isLoopNode(node: AnyNode): node is LoopNode {
  return /^(While|DoWhile|For|ForIn|ForOf)Statement$/.test(node.type);
}

/** Returns the direct children in source order. */
export function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  for (const value of Object.values(node)) {
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) children.push(...value.filter(isNode));
  }
  return children;
}

/**
 * Returns the innermost function (or the program) that a node runs in. Parameters belong to their
 * function.
 */
export function ownerOf(syntax: Syntax, node: AnyNode): FunctionNode | Program {
  let at = syntax.parents.get(node);
  while (at !== undefined && !isFunctionNode(at)) at = syntax.parents.get(at);
  return at ?? syntax.program;
}

function collect(node: AnyNode, nodes: AnyNode[], parents: Map<AnyNode, AnyNode>): void {
  nodes.push(node);
  for (const child of childrenOf(node)) {
    // A shorthand property has the same node as key and value. Its parent is the property in both
    // cases.
    if (parents.has(child)) continue;
    parents.set(child, node);
    collect(child, nodes, parents);
  }
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value
  );
}

function reachesGlobalObject(node: NodeOf<'Identifier'>, parents: ReadonlyMap<AnyNode, AnyNode>): boolean {
  const { name } = node;
  if (name === 'globalThis' || name === 'global' || name === 'eval') return true;
  const parent = parents.get(node);
  return name === 'Function' && parent !== undefined && 'callee' in parent && parent.callee === node;
}

interface Bindings {
  readonly variables: Map<object, Variable>;
  readonly free: Set<object>;
  readonly writesGlobal: boolean;
}

function bind(program: Program): Bindings {
  const manager = analyze(asEstree(program), { ecmaVersion: 2022, sourceType: 'module', ignoreEval: true });
  const variables = new Map<object, Variable>();
  for (const scope of manager.scopes) {
    for (const own of scope.variables) {
      // A class name is declared twice: outside, and in the scope of the class. One variable stands
      // for both.
      const variable =
        own.identifiers.map((identifier) => variables.get(identifier)).find((other) => other !== undefined) ?? own;
      for (const identifier of own.identifiers) variables.set(identifier, variable);
      for (const { identifier } of own.references) variables.set(identifier, variable);
    }
  }
  const { through } = manager.globalScope;
  const free = new Set<object>(through.map(({ identifier }) => identifier));
  return { variables, free, writesGlobal: through.some((reference) => reference.isWrite()) };
}

type EstreeProgram = Parameters<typeof analyze>[0];

/** Acorn's tree is an ESTree, but the type declarations of the two packages differ. */
function asEstree(program: object): EstreeProgram {
  if (!isEstree(program)) throw new TypeError('no program');
  return program;
}

function isEstree(program: object): program is EstreeProgram {
  return 'type' in program && program.type === 'Program';
}
