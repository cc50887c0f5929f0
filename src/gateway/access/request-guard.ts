import { isIP } from 'node:net';
import { Memo } from '../../core/memo.js';
import type { HttpRequest } from '../transport/http-exchange.js';
import type { ApiKeys } from './api-keys.js';
import { OriginList } from './origin-list.js';
import { Whitelist } from './whitelist.js';

/** Who may use the internal API. */
export interface RequestGuardOptions {
  readonly whitelist: readonly string[];
  /** `Origin` headers with which browsers may come. */
  readonly allowedOrigins: readonly string[];
  /** Host names, besides IP literals and `localhost`, under which peers of this machine may come. */
  readonly hosts: readonly string[];
  readonly keys: ApiKeys;
}

const REMEMBERED_HOSTS = 64;

/** Why a request is refused. */
export type Refusal = 'peer' | 'origin' | 'host' | 'key';

/**
 * Decides who may use the internal API: peers of the whitelist that have a key where one is asked for, but not a web page that makes a browser on the
 * operator's machine ask, be it across origins or by a name rebound to loopback.
 */
export class RequestGuard {
  readonly #whitelist: Whitelist;
  readonly #loopback = new Whitelist(['127.0.0.0/8', '::1/128']);
  readonly #origins: OriginList;
  readonly #hosts: ReadonlySet<string>;
  readonly #hostVerdicts = new Memo(REMEMBERED_HOSTS, (host) => this.#allowsHost(host));
  readonly #keys: ApiKeys;

  constructor(options: RequestGuardOptions) {
    this.#whitelist = new Whitelist(options.whitelist);
    this.#origins = new OriginList(options.allowedOrigins);
    this.#keys = options.keys;
    this.#hosts = new Set(['localhost', ...options.hosts.map((host) => host.toLowerCase())]);
  }

  /** Undefined when the request may pass. */
  refusal(request: HttpRequest): Refusal | undefined {
    if (!this.#whitelist.allows(request.remoteAddress)) return 'peer';
    if (!this.#allowsOrigin(request.headers)) return 'origin';
    const host = request.headers.get('host');
    if (host !== undefined && this.#loopback.allows(request.remoteAddress) && !this.#hostVerdicts.get(host))
      return 'host';
    return !this.#keys.isAskedFor || this.#keys.accepts(request.headers) ? undefined : 'key';
  }

  #allowsOrigin(headers: HttpRequest['headers']): boolean {
    const origin = headers.get('origin');
    if (origin !== undefined) return this.#origins.allows(origin);
    return headers.get('sec-fetch-site') !== 'cross-site';
  }

  #allowsHost(host: string): boolean {
    const name = host.replace(/:\d*$/, '').toLowerCase();
    const literal = name.replace(/^\[(.*)\]$/, '$1');
    return isIP(literal) !== 0 || this.#hosts.has(name);
  }
}
