import { resolve } from 'node:path';
import type { AuthConfig, LimitsConfig } from './access-config.js';
import type { ConfigFile } from './config-schema.js';

type AuthFile = ConfigFile['endpoints'][number]['auth'];

/** What decides upgrades to an endpoint. */
export function resolveAuth({ mode, jwt, webhook }: AuthFile, baseDir: string): AuthConfig {
  switch (mode) {
    case 'none':
      return { mode };
    case 'jwt':
      return {
        mode,
        secret: given(jwt.secret),
        secretFile: givenPath(jwt.secret_file, baseDir),
        jwksUrl: given(jwt.jwks_url),
        algorithms: jwt.algorithms,
        issuer: given(jwt.issuer),
        audience: given(jwt.audience),
        queryKey: given(jwt.query_key),
        subprotocolPrefix: given(jwt.subprotocol_prefix),
        claimsToTags: new Map(Object.entries(jwt.claims_to_tags)),
        clockToleranceS: jwt.clock_tolerance_s,
      };
    case 'webhook':
      return {
        mode,
        url: webhook.url,
        timeoutMs: webhook.timeout_s * 1000,
        cacheMs: webhook.cache_s * 1000,
        headers: webhook.headers,
        forwardHeaders: webhook.forward_headers.map((name) => name.toLowerCase()),
      };
  }
}

export function resolveLimits({ limits }: ConfigFile): LimitsConfig {
  return {
    maxConnections: limits.max_connections,
    maxConnectionsPerAddress: limits.max_connections_per_address,
    handshakesPerSecond: limits.handshakes_per_s,
    maxPendingUpgrades: limits.max_pending_upgrades,
    maxPlainConnections: limits.max_plain_connections,
    maxInflateRatio: limits.max_inflate_ratio,
    maxInflateBytesPerSecond: limits.max_inflate_kb_per_s * 1024,
    maxTags: limits.max_tags,
    maxTagBytes: limits.max_tag_bytes,
    maxHeaderBytes: limits.max_header_kb * 1024,
    maxQueryBytes: limits.max_query_kb * 1024,
  };
}

/** An empty text is a key that was not given. */
export function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** A path relative to the configuration's folder, unless it was not given. */
export function givenPath(text: string, baseDir: string): string | undefined {
  return text === '' ? undefined : resolve(baseDir, text);
}
