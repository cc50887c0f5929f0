import type { Program } from 'acorn';
import { BoundFunction, FunctionObject, type PointsToSet, type AbstractObject } from './points-to/points-to-set.js';
import type { PointsToAnalysis, CallSite, Effect } from './points-to/points-to-analysis.js';
import { type FunctionNode, ownerOf, type SiteNode } from './syntax.js';

/**
 * Result of the effect analysis: functions that may block (perhaps also the top level), and the
 * calls in them that must be awaited.
 */
export interface BlockingCode {
  readonly functions: ReadonlySet<FunctionNode | Program>;
  readonly sites: ReadonlySet<CallSite>;
  /** Calls of native functions that must be replaced by a form that awaits their callback. */
  readonly forms: ReadonlyMap<SiteNode, Effect>;
  /** Calls of native functions that cannot await their callback, although it blocks. */
  readonly unsupported: ReadonlyMap<SiteNode, Effect>;
  readonly analysis: PointsToAnalysis;
}

/**
 * Finds everything that may block. The effect spreads along the call graph, from k6's blocking
 * functions to their callers, until a pass over all call sites adds nothing (a fixed point).
 */
export function analyseEffects(analysis: PointsToAnalysis): BlockingCode {
  const blockingFunctions = new Set<FunctionNode | Program>();
  const sites = new Set<CallSite>();
  const mayBlock = (set: PointsToSet | undefined): boolean =>
    set !== undefined && [...set.objects].some((object) => isBlocking(object, blockingFunctions));
  for (let hasGrown = true; hasGrown;) {
    hasGrown = false;
    for (const site of analysis.sites.values()) {
      if (sites.has(site) || !siteBlocks(site, blockingFunctions, mayBlock)) continue;
      sites.add(site);
      blockingFunctions.add(ownerOf(analysis.syntax, site.node));
      hasGrown = true;
    }
  }
  const unsupported = new Map<SiteNode, Effect>();
  const forms = new Map<SiteNode, Effect>();
  for (const { node, effects } of analysis.sites.values()) {
    for (const effect of effects.filter(({ callbacks }) => mayBlock(callbacks))) {
      if (effect.kind === 'cannot-wait') unsupported.set(node, effect);
      if (effect.kind === 'sequence' || effect.kind === 'promise') forms.set(node, effect);
    }
  }
  return { functions: blockingFunctions, sites, forms, unsupported, analysis };
}

/** Whether a call of this object may block. */
function isBlocking(object: AbstractObject, blockingFunctions: ReadonlySet<FunctionNode | Program>): boolean {
  if (object instanceof BoundFunction) return isBlocking(object.target, blockingFunctions);
  return object instanceof FunctionObject && object.node !== undefined && blockingFunctions.has(object.node);
}

function siteBlocks(
  { functions, effects }: CallSite,
  blockingFunctions: ReadonlySet<FunctionNode | Program>,
  mayBlock: (set: PointsToSet | undefined) => boolean,
): boolean {
  for (const { node } of functions) if (node !== undefined && blockingFunctions.has(node)) return true;
  return effects.some(({ kind, callbacks }) => {
    if (kind === 'blocks') return true;
    return kind !== 'job' && kind !== 'cannot-wait' && mayBlock(callbacks);
  });
}
