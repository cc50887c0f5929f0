import { cpus } from 'node:os';
import { formatListenAddress } from '../../core/listen-address.js';
import type { Logger } from '../../core/logger.js';
import { openFileLimit } from '../../core/open-files.js';
import { parseCidr } from '../access/origin-list.js';
import { Whitelist } from '../access/whitelist.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { redisPlace } from '../redis/redis-addr.js';

const FEW_OPEN_FILES = 10_000;
const LOOPBACK = new Whitelist(['127.0.0.0/8', '::1/128']);

/**
 * What is said before anything starts: configuration, machine, sinks, endpoints, whitelist, and
 * what about them may surprise.
 */
export function logStart(log: Logger, config: GatewayConfig, configName: string | undefined): void {
  const openFiles = openFileLimit();
  log.info('gateway.starting', { config: configName ?? '(built in)', openFiles, threads: 1, cpus: cpus().length });
  if (configName === undefined) {
    log.info('config.built-in', { listen: formatListenAddress(config.listen), reason: 'there is no config.yml here' });
  }
  if (openFiles > 0 && openFiles < FEW_OPEN_FILES) {
    log.warn('gateway.few-open-files', { openFiles, hint: 'raise it with ulimit -n: each connection takes one' });
  }
  logSinks(log, config);
  for (const { path } of config.endpoints) log.info('endpoint.created', { path });
  log.info('access.whitelist', { networks: config.whitelist });
  warnOfProxies(log, config);
}

/**
 * Behind a proxy every client comes from the proxy's address, so a whitelist that holds it lets
 * everybody in.
 */
function warnOfProxies(log: Logger, config: GatewayConfig): void {
  if (config.internalListen !== undefined) return;
  const wide = config.whitelist.filter((text) => !isWithinLoopback(text));
  if (wide.length === 0) return;
  log.warn('access.whitelist-on-public-port', {
    networks: wide,
    hint: 'a proxy in one of them lets everybody use the internal API; set internal_listen_addr',
  });
}

/** `127.0.0.1/8` is, `127.0.0.1/0` is everybody. */
function isWithinLoopback(text: string): boolean {
  const cidr = parseCidr(text);
  if (cidr === undefined || !LOOPBACK.allows(cidr.address)) return false;
  return cidr.prefix >= (cidr.family === 'ipv4' ? 8 : 104);
}

/** Where connection state and events will go, without credentials. */
function logSinks(log: Logger, { sinks, mirror, ring }: Pick<GatewayConfig, 'sinks' | 'mirror' | 'ring'>): void {
  if (mirror !== undefined) log.info('mirror.connecting', { address: redisPlace(mirror.addr) });
  for (const { name, logFields } of sinks.on) log.info('sink.connecting', { sink: name, ...logFields });
  if (sinks.embedded) {
    log.info('sink.embedded', { maxEvents: ring.maxEvents, maxBytes: ring.maxBytes, kept: 'until the ring moves on' });
  }
}
