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

/** The load balancer in front of gateways. */
export const HAPROXY: BrokerPackage = { debianPackage: 'haproxy', program: '/usr/sbin/haproxy' };

/** What pages are tested in. */
export const BROWSER: BrokerPackage = { debianPackage: 'chromium', program: '/usr/bin/chromium' };

/** What JUnit files are read back by: the file is the package's. */
export const JUNIT_READER: BrokerPackage = {
  debianPackage: 'python3-junitparser',
  program: '/usr/lib/python3/dist-packages/junitparser/__init__.py',
};

/** What OpenMetrics text is read back by. */
export const OPENMETRICS_READER: BrokerPackage = {
  debianPackage: 'python3-prometheus-client',
  program: '/usr/lib/python3/dist-packages/prometheus_client/openmetrics/parser.py',
};

/** What root types to install them. */
export function installCommand(packages: readonly string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}
