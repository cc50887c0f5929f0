/** Options of Node's `listen` that decide who else may listen on the port. */
interface PortSharing {
  readonly exclusive: boolean;
  /** Has an effect from Node 23.1 on. */
  readonly reusePort?: boolean;
}

/**
 * How worker processes listen on one port with Node's server: each on a socket of its own, between
 * which the kernel divides the clients, or, where Node cannot do that, on the one socket that
 * node:cluster shares.
 */
export function sharedPort(version = process.versions.node, platform = process.platform): PortSharing {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isAble = platform === 'linux' && (major > 23 || (major === 23 && minor >= 1));
  return isAble ? { exclusive: true, reusePort: true } : { exclusive: false };
}
