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
 * Logs configuration, machine, sinks, endpoints and whitelist before anything starts, with warnings
 * about surprising values.
 */
export function logStart(log: Logger, config: GatewayConfig, configName: string | undefined): void {
  const openFiles = openFileLimit();
  log.info('gateway.starting', { config: configName ?? '(built in)', openFiles, threads: 1, cpus: cpus().length });
  if (configName === undefined) {
    log.info('config.built-in', {
      listen: formatListenAddress(config.listen),
      reason: 'there is no config.yml in this folder',
    });
  }
  if (openFiles > 0 && openFiles < FEW_OPEN_FILES) {
    log.warn('gateway.few-open-files', {
      openFiles,
      hint: 'each connection needs one; raise the limit with ulimit -n',
    });
  }
  logSinks(log, config);
  for (const { path } of config.endpoints) log.info('endpoint.created', { path });
  log.info('access.whitelist', { networks: config.whitelist });
  warnOfProxies(log, config);
}

/**
 * Warns of a whitelist on the public port. Behind a proxy every client has the proxy's address, so
 * a whitelist with this address admits everybody.
 */
function warnOfProxies(log: Logger, config: GatewayConfig): void {
  if (config.internalListen !== undefined) return;
  const wide = config.whitelist.filter((text) => !isWithinLoopback(text));
  if (wide.length === 0) return;
  log.warn('access.whitelist-on-public-port', {
    networks: wide,
    hint: 'a proxy in one of these networks admits everybody to the internal API; set internal_listen_addr',
  });
}

/** True for `127.0.0.1/8`; false for `127.0.0.1/0`, which is everybody. */
function isWithinLoopback(text: string): boolean {
  const cidr = parseCidr(text);
  if (cidr === undefined || !LOOPBACK.allows(cidr.address)) return false;
  return cidr.prefix >= (cidr.family === 'ipv4' ? 8 : 104);
}

/** Logs the addresses of the mirror and the sinks, without credentials. */
function logSinks(log: Logger, { sinks, mirror, ring }: Pick<GatewayConfig, 'sinks' | 'mirror' | 'ring'>): void {
  if (mirror !== undefined) log.info('mirror.connecting', { address: redisPlace(mirror.addr) });
  for (const { name, logFields } of sinks.on) log.info('sink.connecting', { sink: name, ...logFields });
  if (sinks.embedded) {
    log.info('sink.embedded', { maxEvents: ring.maxEvents, maxBytes: ring.maxBytes, kept: 'until the ring moves on' });
  }
}
