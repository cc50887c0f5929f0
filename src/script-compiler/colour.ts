import type { Program } from 'acorn';
import { BoundThing, FunctionThing, type Cell, type Thing } from './flow/cell.js';
import type { Flow, Site, Effect } from './flow/flow.js';
import { type FunctionNode, ownerOf, type SiteNode } from './syntax.js';

/**
 * What may block: functions (and perhaps the top level), and the calls in them that have to wait.
 */
export interface Colours {
  readonly owners: ReadonlySet<FunctionNode | Program>;
  readonly sites: ReadonlySet<Site>;
  /** Calls of native code that have to be called in another form to wait for their callback. */
  readonly forms: ReadonlyMap<SiteNode, Effect>;
  /** Calls whose native callee calls back and cannot wait, but its callback blocks. */
  readonly refused: ReadonlyMap<SiteNode, Effect>;
  readonly flow: Flow;
}

/**
 * Colours what may block, from the calls of k6's blocking functions up to everything that may call
 * them.
 */
export function colourFlow(flow: Flow): Colours {
  const owners = new Set<FunctionNode | Program>();
  const sites = new Set<Site>();
  const mayBlock = (cell: Cell | undefined): boolean =>
    cell !== undefined && [...cell.things].some((thing) => isColoured(thing, owners));
  for (let hasGrown = true; hasGrown;) {
    hasGrown = false;
    for (const site of flow.sites.values()) {
      if (sites.has(site) || !siteBlocks(site, owners, mayBlock)) continue;
      sites.add(site);
      owners.add(ownerOf(flow.syntax, site.node));
      hasGrown = true;
    }
  }
  const refused = new Map<SiteNode, Effect>();
  const forms = new Map<SiteNode, Effect>();
  for (const { node, effects } of flow.sites.values()) {
    for (const effect of effects.filter(({ callbacks }) => mayBlock(callbacks))) {
      if (effect.kind === 'cannot-wait') refused.set(node, effect);
      if (effect.kind === 'sequence' || effect.kind === 'promise') forms.set(node, effect);
    }
  }
  return { owners, sites, forms, refused, flow };
}

/** Whether a call of this thing may block. */
function isColoured(thing: Thing, owners: ReadonlySet<FunctionNode | Program>): boolean {
  if (thing instanceof BoundThing) return isColoured(thing.target, owners);
  return thing instanceof FunctionThing && thing.node !== undefined && owners.has(thing.node);
}

function siteBlocks(
  { functions, effects }: Site,
  owners: ReadonlySet<FunctionNode | Program>,
  mayBlock: (cell: Cell | undefined) => boolean,
): boolean {
  for (const { node } of functions) if (node !== undefined && owners.has(node)) return true;
  return effects.some(({ kind, callbacks }) => {
    if (kind === 'blocks') return true;
    return kind !== 'job' && kind !== 'cannot-wait' && mayBlock(callbacks);
  });
}
