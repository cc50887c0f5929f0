import type { AnyNode } from 'acorn';
import type { Colours } from '../colour.js';
import { isType, isLoopNode, type NodeOf } from '../syntax.js';
import type { Edits } from './edits.js';

/**
 * How compiled code names its runtime: `Guard`, `Waiting`, `ScriptScope`, the script's global
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

/** Names that the script does not use itself. */
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

/** What the rewriting of one program shares. */
export interface Rewriting {
  readonly code: string;
  readonly edits: Edits;
  readonly names: RuntimeNames;
  readonly colours: Colours;
}

/**
 * Makes every call that may block wait: `guard.got(await guard.keep(call))`, itself a call, so that
 * it may stand anywhere.
 */
export function rewriteSites(rewriting: Rewriting): void {
  const { colours, edits, names } = rewriting;
  for (const { node } of colours.sites) {
    const form = colours.forms.get(node);
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
 * Callbacks of promises wait for what blocks in them, and do not see an interruption. Only scripts
 * that block have any.
 */
export function rewriteJobs({ colours, edits, names }: Rewriting): void {
  if (colours.owners.size === 0) return;
  for (const { node, effects } of colours.flow.sites.values()) {
    if (!isType(node, 'CallExpression') || !effects.some(({ kind }) => kind === 'job')) continue;
    for (const arg of node.arguments) {
      if (!isType(arg, 'SpreadElement')) edits.wrap(arg, `${names.waiting}.job(`, ')');
    }
  }
}

/** Lets an interruption into every loop, and through every `catch` and `finally`. */
export function rewriteInterruption({ colours, edits, names }: Rewriting): void {
  const check = `if (--${names.guard}.fuel < 0) ${names.guard}.refuel();`;
  const pass = ` ${names.guard}.pass();`;
  for (const node of colours.flow.syntax.nodes) {
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
