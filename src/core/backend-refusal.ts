/**
 * A backend answered and said no: credentials, rights, something of another type. Trying again
 * changes nothing until somebody fixes it.
 */
export class BackendRefusal extends Error {
  override readonly name = 'BackendRefusal';
}

/**
 * What every start against a Redis Cluster ends with: a transaction of ours has keys that lie on
 * several of its nodes.
 */
export function clusterRefusal(cause?: Error): BackendRefusal {
  const why = 'the keys of one transaction would lie on different nodes';
  return new BackendRefusal(`it is part of a Redis Cluster, which is not supported: ${why}`, { cause });
}
