import { existsSync } from 'node:fs';

/** A Debian package and a file that it installs. */
export interface DebianPackage {
  readonly debianPackage: string;
  /** Absolute path of the program, or of the module of a library. */
  readonly program: string;
}

/** The brokers that tests start. */
export const BROKERS = {
  redis: { debianPackage: 'redis-server', program: '/usr/bin/redis-server' },
  rabbitmq: { debianPackage: 'rabbitmq-server', program: '/usr/lib/rabbitmq/bin/rabbitmq-server' },
  nats: { debianPackage: 'nats-server', program: '/usr/sbin/nats-server' },
} as const satisfies Readonly<Record<string, DebianPackage>>;

/** The load balancer in front of gateways. */
export const HAPROXY: DebianPackage = { debianPackage: 'haproxy', program: '/usr/sbin/haproxy' };

/** The browser that tests open pages in. */
export const BROWSER: DebianPackage = { debianPackage: 'chromium', program: '/usr/bin/chromium' };

/** The reader of JUnit files. */
export const JUNIT_READER: DebianPackage = {
  debianPackage: 'python3-junitparser',
  program: '/usr/lib/python3/dist-packages/junitparser/__init__.py',
};

/** The reader of OpenMetrics text. */
export const OPENMETRICS_READER: DebianPackage = {
  debianPackage: 'python3-prometheus-client',
  program: '/usr/lib/python3/dist-packages/prometheus_client/openmetrics/parser.py',
};

/** The Redis client of the chat backend in Python. */
export const PYTHON_REDIS: DebianPackage = {
  debianPackage: 'python3-redis',
  program: '/usr/lib/python3/dist-packages/redis/__init__.py',
};

/** The interpreter of the chat backend in PHP. */
export const PHP: DebianPackage = { debianPackage: 'php-cli', program: '/usr/bin/php' };

/** Places of the Go tool; the last one is that of Debian's package. */
export const GO_PROGRAMS = ['/usr/local/go/bin/go', '/usr/lib/go/bin/go', '/usr/bin/go'] as const;

/** The compiler of the chat backend in Go and of the reverse proxy; an installed one is taken. */
export const GO: DebianPackage = {
  debianPackage: 'golang-go',
  program: GO_PROGRAMS.find((program) => existsSync(program)) ?? '/usr/bin/go',
};

/** Everything that slow tests run and npm does not install. */
export const TEST_PACKAGES: readonly DebianPackage[] = [
  ...Object.values(BROKERS),
  HAPROXY,
  BROWSER,
  JUNIT_READER,
  OPENMETRICS_READER,
  PYTHON_REDIS,
  PHP,
  GO,
];

/** The command with which root installs packages. */
export function installCommand(packages: readonly string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}
