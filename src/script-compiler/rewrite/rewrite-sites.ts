import type { AnyNode } from 'acorn';
import type { BlockingCode } from '../effect-analysis.js';
import { isType, isLoopNode, type NodeOf } from '../syntax.js';
import type { Edits } from './edits.js';

/**
 * Names of the runtime in compiled code: `Guard`, `Waiting`, `ScriptScope`, the instance's global
 * object, and `Fiber`.
 */
export interface RuntimeNames {
  readonly guard: string;
  readonly waiting: string;
  readonly scope: string;
  readonly global: string;
  /** `module.exports` of a CommonJS script. */
  readonly entry: string;
  readonly fiber: string;
}

/** Chooses names that do not occur in the script. */
export function chooseNames(code: string): RuntimeNames {
  let prefix = '__wsg';
  while (code.includes(prefix)) prefix += '_';
  return {
    guard: prefix,
    waiting: `${prefix}Run`,
    scope: `${prefix}Scope`,
    global: `${prefix}Global`,
    entry: `${prefix}Entry`,
    fiber: `${prefix}Fiber`,
  };
}

/** The inputs and outputs that all rewriting steps share. */
export interface Rewriting {
  readonly code: string;
  readonly edits: Edits;
  readonly names: RuntimeNames;
  readonly blocking: BlockingCode;
}

/**
 * Awaits every blocking call: `guard.got(await guard.keep(call))`. This is a call as well, so it
 * can stand wherever the original did.
 */
export function rewriteSites(rewriting: Rewriting): void {
  const { blocking, edits, names } = rewriting;
  for (const { node } of blocking.sites) {
    const form = blocking.forms.get(node);
    let before = '';
    if (form?.kind === 'sequence' && isType(node, 'CallExpression')) {
      before = `${names.waiting}.each(`;
      splitMethodCall(node, rewriting);
    } else if (form?.kind === 'promise' && isType(node, 'NewExpression')) {
      edits.replace(node.start, node.callee.end, `${names.waiting}.promise`);
    }
    edits.wrap(node, `${names.guard}.got(await ${names.guard}.keep(${before}`, '))');
  }
}

/** `list.map(f)` becomes the arguments `list, "map", f` of the sequential form. */
function splitMethodCall(node: NodeOf<'CallExpression'>, { code, edits }: Rewriting): void {
  const { callee } = node;
  if (!isType(callee, 'MemberExpression')) return;
  const { property } = callee;
  const open = code.indexOf('(', callee.end);
  const comma = node.arguments.length > 0 ? ', ' : '';
  if (callee.computed) {
    edits.replace(code.lastIndexOf('[', property.start), property.start, ', ');
    edits.replace(property.end, open + 1, comma);
  } else {
    const name = code.slice(property.start, property.end);
    edits.replace(code.lastIndexOf('.', property.start), open + 1, `, "${name}"${comma}`);
  }
}

/**
 * Promise callbacks await blocking calls in them, and do not see an interruption. Only scripts that
 * block need this.
 */
export function rewriteJobs({ blocking, edits, names }: Rewriting): void {
  if (blocking.functions.size === 0) return;
  for (const { node, effects } of blocking.analysis.sites.values()) {
    if (!isType(node, 'CallExpression') || !effects.some(({ kind }) => kind === 'job')) continue;
    for (const arg of node.arguments) {
      if (!isType(arg, 'SpreadElement')) edits.wrap(arg, `${names.waiting}.job(`, ')');
    }
  }
}

/** Checks for an interruption in every loop, and passes it on in every `catch` and `finally`. */
export function rewriteInterruption({ blocking, edits, names }: Rewriting): void {
  const check = `if (--${names.guard}.fuel < 0) ${names.guard}.refuel();`;
  const pass = ` ${names.guard}.pass();`;
  for (const node of blocking.analysis.syntax.nodes) {
    if (isLoopNode(node)) checkLoop(node.body, check, edits);
    else if (isType(node, 'CatchClause')) edits.insert(node.body.start + 1, pass);
    else if (isType(node, 'TryStatement') && node.finalizer !== null && node.finalizer !== undefined) {
      edits.insert(node.finalizer.start + 1, pass);
    }
  }
}

function checkLoop(body: AnyNode, check: string, edits: Rewriting['edits']): void {
  if (isType(body, 'BlockStatement')) edits.insert(body.start + 1, ` ${check}`);
  else edits.wrap(body, `{ ${check} `, ' }');
}
