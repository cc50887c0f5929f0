/** A program, and Debian's package that holds it. */
export interface BrokerPackage {
  readonly debianPackage: string;
  /** Absolute path. */
  readonly program: string;
}

/** The brokers that tests start. */
export const BROKERS = {
  redis: { debianPackage: 'redis-server', program: '/usr/bin/redis-server' },
  rabbitmq: { debianPackage: 'rabbitmq-server', program: '/usr/lib/rabbitmq/bin/rabbitmq-server' },
  nats: { debianPackage: 'nats-server', program: '/usr/sbin/nats-server' },
} as const satisfies Readonly<Record<string, BrokerPackage>>;

/** What pages are tested in. */
export const BROWSER: BrokerPackage = { debianPackage: 'chromium', program: '/usr/bin/chromium' };

/** What root types to install them. */
export function installCommand(packages: readonly string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}
