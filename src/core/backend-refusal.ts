/**
 * A backend refused the request: credentials, permissions, a key of another type. Retries are
 * useless until the cause is fixed.
 */
export class BackendRefusal extends Error {
  override readonly name = 'BackendRefusal';
}

/**
 * The error of every start against a Redis Cluster: the keys of a wsg transaction would be on
 * several nodes.
 */
export function clusterRefusal(cause?: Error): BackendRefusal {
  const why = 'the keys of one transaction would be on different nodes';
  return new BackendRefusal(`it is part of a Redis Cluster, which is not supported: ${why}`, { cause });
}
