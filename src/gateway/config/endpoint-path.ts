/** Paths of the internal API, which no endpoint may take. */
export const INTERNAL_PATHS = [
  '/send',
  '/settags',
  '/close',
  '/status',
  '/tree',
  '/events',
  '/metrics',
  '/healthz',
  '/readyz',
] as const;

/** Why `path` cannot be an endpoint's, as what follows its name in a sentence; undefined when it can. */
export function endpointPathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return `'${path}' does not begin with /`;
  if (!/^[A-Za-z0-9._~!$&'()+,;=@/-]+$/.test(path)) return `'${path}' holds a character that no endpoint path may have`;
  if (/\/\/|\/\.{1,2}(\/|$)/.test(path)) return `'${path}' is not in its shortest form`;
  const taken = INTERNAL_PATHS.find((internal) => internal === path);
  return taken === undefined ? undefined : `'${path}' is the internal API's ${taken}`;
}
