import { Memo } from '../../core/memo.js';
import type { HttpRequest } from '../transport/http/http-exchange.js';
import { IMPOSSIBLE_ADDRESS } from '../transport/http/remote-address.js';
import type { ApiKeys } from './api-keys.js';
import { HostList } from './host-list.js';
import { OriginList } from './origin-list.js';
import { Whitelist } from './whitelist.js';

/** Options of access to the internal API. */
export interface RequestGuardOptions {
  readonly whitelist: readonly string[];
  /** `Origin` headers that browsers may send. */
  readonly allowedOrigins: readonly string[];
  /**
   * Allowed host names besides IP literals and `localhost`; `*.` matches one or more labels, `*`
   * any name.
   */
  readonly hosts: readonly string[];
  /** Whether an address stands for the unknown clients of a proxy. Default: never. */
  readonly isOnlyProxy?: ((address: string) => boolean) | undefined;
  readonly keys: ApiKeys;
}

const REMEMBERED_HOSTS = 64;

/** Why a request is refused. */
export type AccessRefusal = 'unknown-client' | 'peer' | 'origin' | 'host' | 'key';

/**
 * Decides which requests may use the internal API: those from whitelisted peers, with a key where
 * one is required. Requests that a web page makes an operator's browser send, across origins or by
 * DNS rebinding, are refused.
 */
export class RequestGuard {
  readonly #whitelist: Whitelist;
  readonly #origins: OriginList;
  readonly #hosts: HostList;
  readonly #hostVerdicts = new Memo(REMEMBERED_HOSTS, (host) => this.#hosts.allows(host));
  readonly #keys: ApiKeys;
  readonly #isOnlyProxy: (address: string) => boolean;

  constructor(options: RequestGuardOptions) {
    this.#whitelist = new Whitelist(options.whitelist);
    this.#origins = new OriginList(options.allowedOrigins);
    this.#keys = options.keys;
    this.#hosts = new HostList(options.hosts);
    this.#isOnlyProxy = options.isOnlyProxy ?? (() => false);
  }

  /** Returns why the request is refused; undefined if it is allowed. */
  refusal(request: HttpRequest): AccessRefusal | undefined {
    const { remoteAddress, headers } = request;
    if (remoteAddress === '' || remoteAddress === IMPOSSIBLE_ADDRESS || this.#isOnlyProxy(remoteAddress))
      return 'unknown-client';
    if (!this.#whitelist.allows(remoteAddress)) return 'peer';
    if (!this.#allowsOrigin(headers)) return 'origin';
    const host = headers.get('host');
    // Only HTTP/1.0 requests lack the header, and browsers do not send those.
    if (host !== undefined && !this.#hostVerdicts.get(host)) return 'host';
    return !this.#keys.isAskedFor || this.#keys.accepts(request.headers) ? undefined : 'key';
  }

  /** Whether pages of this origin may read answers (CORS). */
  listsOrigin(origin: string): boolean {
    return this.#origins.allows(origin);
  }

  #allowsOrigin(headers: HttpRequest['headers']): boolean {
    const origin = headers.get('origin');
    if (origin !== undefined) return this.#origins.allows(origin);
    return headers.get('sec-fetch-site') !== 'cross-site';
  }
}
