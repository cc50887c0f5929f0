import type { VuContext } from '../runtime/vu-context.js';

/**
 * Runs `body` in the group of this path: its samples carry the tag, and `group_duration` has a sample however it ends, but when it was
 * interrupted. A promise is waited for.
 */
export function runGroup(vu: VuContext, path: string, body: () => unknown): unknown {
  const { clock } = vu.thread;
  const before = { group: vu.group, tags: vu.tags };
  const startMs = clock.now();
  enter(vu, path);
  const inside = vu.tags;
  const leave = (): void => {
    if (vu.guard.interruption === undefined) {
      vu.thread.metrics.groupDuration.add(clock.now() - startMs, vu.tags);
      vu.thread.registry.noteGroup(path);
    }
    vu.group = before.group;
    if (vu.tags === inside) vu.tags = before.tags;
    else leaveWithTags(vu, before.tags);
  };
  let value: unknown;
  try {
    value = body();
  } catch (error) {
    leave();
    throw error;
  }
  if (value instanceof Promise) return vu.wait(value.finally(leave));
  leave();
  return value;
}

/** Sets the group's path and its tag. */
function enter(vu: VuContext, path: string): void {
  vu.group = path;
  if (vu.thread.systemTags.has('group')) vu.tags = groupTags(vu.tags, path);
}

/** Tags that the script set inside of the group stay; only the group's own goes back. */
function leaveWithTags(vu: VuContext, before: ReadonlyMap<string, string>): void {
  const tags = new Map(vu.tags);
  const outer = before.get('group');
  if (outer === undefined) tags.delete('group');
  else tags.set('group', outer);
  vu.tags = tags;
}

/** The same object for the same tags and group, so that what was looked up for them is found again. */
const known = new WeakMap<object, Map<string, ReadonlyMap<string, string>>>();

function groupTags(tags: ReadonlyMap<string, string>, path: string): ReadonlyMap<string, string> {
  let children = known.get(tags);
  if (children === undefined) {
    children = new Map();
    known.set(tags, children);
  }
  let child = children.get(path);
  if (child === undefined) {
    child = new Map([...tags, ['group', path]]);
    children.set(path, child);
  }
  return child;
}
