import type { Clock } from '../../core/clock.js';
import type { ConnectionLimits, ReachedLimit } from '../access/connection-limits.js';
import type { LimitedLog } from '../../core/limited-log.js';
import { OriginList } from '../access/origin-list.js';
import { PendingUpgrades, type PendingBound } from '../access/pending-upgrades.js';
import { countTags, tagProblem, type TagLimits } from '../access/tag-limits.js';
import { firstSpoken, type Authenticator, type AuthOutcome } from '../auth/authenticator.js';
import type { GrantExpiry } from '../auth/grant-expiry.js';
import type { EndpointConfig } from '../config/gateway-config.js';
import type { GatewayCounters, UpgradeRefusal } from '../metrics/gateway-counters.js';
import type { HttpRequest } from '../transport/http/http-exchange.js';
import { hostOf, IMPOSSIBLE_ADDRESS } from '../transport/http/remote-address.js';
import type { UpgradeDecision, UpgradeGrant, UpgradeRejection } from '../transport/transport.js';
import type { Connection } from '../connection/connection.js';
import type { WorkerLimits } from '../workers/worker-limits.js';

export interface AdmissionDeps {
  readonly endpoints: readonly EndpointConfig[];
  /** Whether new connections are refused: the gateway starts or drains, or the outbox is full. */
  readonly isClosedToNew: () => boolean;
  readonly limits: ConnectionLimits;
  /** Limits that several workers have in common; undefined in a process alone. */
  readonly common?: WorkerLimits | undefined;
  readonly tagLimits: TagLimits;
  readonly maxPendingUpgrades: number;
  /**
   * Whether proxies name the clients and may therefore name impossible addresses. Default: false.
   */
  readonly isBehindProxies?: boolean;
  /** Authenticators by path; an endpoint without one accepts every client. */
  readonly authenticators: ReadonlyMap<string, Authenticator>;
  readonly expiry: GrantExpiry<Connection>;
  readonly counters: GatewayCounters;
  readonly clock: Clock;
  readonly refusals: LimitedLog;
}

interface AdmittingEndpoint {
  readonly config: EndpointConfig;
  readonly origins: OriginList;
  readonly authenticator: Authenticator | undefined;
}

type EarlyRefusal = 'closed' | 'origin' | 'client_address' | PendingBound | ReachedLimit;

const ACCEPTED: UpgradeDecision = Object.freeze({ accept: true });
const LATER = { 'Retry-After': '1' };
const REJECTIONS: Readonly<Record<EarlyRefusal, UpgradeRejection>> = {
  closed: { accept: false, status: 503, headers: LATER },
  origin: { accept: false, status: 403 },
  client_address: { accept: false, status: 403 },
  max_connections: { accept: false, status: 503, headers: { 'Retry-After': '5' } },
  max_connections_per_address: { accept: false, status: 429, headers: { 'Retry-After': '5' } },
  handshakes_per_s: { accept: false, status: 429, headers: LATER },
  max_pending_upgrades: { accept: false, status: 503, headers: LATER },
  max_pending_upgrades_per_address: { accept: false, status: 429, headers: LATER },
};

/** Decides which upgrades become connections, and closes connections whose grant has expired. */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #endpoints: ReadonlyMap<string, AdmittingEndpoint>;
  readonly #pending: PendingUpgrades;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
    this.#pending = new PendingUpgrades(deps.maxPendingUpgrades);
    this.#endpoints = new Map(
      deps.endpoints.map((config) => {
        const origins = new OriginList(config.allowedOrigins);
        return [config.path, { config, origins, authenticator: deps.authenticators.get(config.path) }];
      }),
    );
  }

  /** Rejects with `secret.unreadable`. */
  async start(): Promise<void> {
    for (const authenticator of this.#deps.authenticators.values()) await authenticator.start();
  }

  /**
   * Reloads files of secrets. Rejects with `secret.unreadable` when one cannot be used, and keeps
   * its old secret.
   */
  async reload(): Promise<void> {
    const reloads = [...this.#deps.authenticators.values()].map((authenticator) => authenticator.reload());
    await Promise.allSettled(reloads);
    await Promise.all(reloads);
  }

  stop(): void {
    this.#deps.expiry.stop();
  }

  /**
   * Decides on an upgrade. Returns a promise only where an authenticator or another process is
   * involved; then call `recheck` in the tick of the acceptance, and open the connection in it.
   */
  decide(request: HttpRequest, path: string): UpgradeDecision | Promise<UpgradeDecision> {
    const startedAt = this.#deps.clock.now();
    const decision = this.#decide(request, path);
    if (!(decision instanceof Promise)) return this.#counted(decision, startedAt);
    return decision.then((late) => this.#counted(late, startedAt));
  }

  /** Checks the limits again for a late acceptance, because they may have been reached since. */
  recheck(request: HttpRequest): UpgradeRejection | undefined {
    const refusal = this.#closedTo(request.remoteAddress);
    if (refusal === undefined) return undefined;
    this.#deps.counters.upgradesRefused += 1;
    return this.#refuse(refusal, request);
  }

  /** Call it for each connection that has opened. */
  opened(connection: Connection, grant: UpgradeGrant | undefined): void {
    const { limits, common } = this.#deps;
    if (limits.countsAddresses) limits.opened(hostOf(connection.socket.remoteAddress));
    common?.opened(hostOf(connection.socket.remoteAddress));
    if (grant?.expiresAtMs !== undefined) this.#deps.expiry.add(connection, grant.expiresAtMs);
  }

  /** Call it for each connection that has closed. */
  closed(connection: Connection): void {
    const { limits, common } = this.#deps;
    if (limits.countsAddresses) limits.closed(hostOf(connection.socket.remoteAddress));
    common?.closed(hostOf(connection.socket.remoteAddress));
    this.#deps.expiry.remove(connection);
  }

  #decide(request: HttpRequest, path: string): UpgradeDecision | Promise<UpgradeDecision> {
    const endpoint = this.#endpoints.get(path);
    if (endpoint === undefined) throw new Error(`no endpoint is configured at ${path}`);
    const refusal = this.#early(request, endpoint);
    if (refusal !== undefined) return this.#refuse(refusal, request);
    const { common } = this.#deps;
    if (common !== undefined) return this.#decideInCommon(common, request, endpoint);
    const { authenticator, config } = endpoint;
    if (authenticator !== undefined) return this.#authenticate(authenticator, config, request);
    return accepted(request, config);
  }

  /** The same with limits that another process counts. */
  async #decideInCommon(
    common: WorkerLimits,
    request: HttpRequest,
    { authenticator, config }: AdmittingEndpoint,
  ): Promise<UpgradeDecision> {
    const { remoteAddress } = request;
    if (authenticator === undefined) {
      const decision = accepted(request, config);
      const refusal = await common.admitAndTake(remoteAddress);
      return refusal === undefined ? decision : this.#refuse(refusal, request);
    }
    const early = await common.admit(remoteAddress);
    if (early !== undefined) return this.#refuse(early, request);
    const decision = await this.#authenticate(authenticator, config, request);
    if (!decision.accept) return decision;
    const late = await common.take(remoteAddress);
    return late === undefined ? decision : this.#refuse(late, request);
  }

  #early(request: HttpRequest, { origins, authenticator }: AdmittingEndpoint): EarlyRefusal | undefined {
    if (this.#deps.isClosedToNew()) return 'closed';
    const origin = request.headers.get('origin');
    if (!origins.isEmpty && (origin === undefined || !origins.allows(origin))) return 'origin';
    const { limits, isBehindProxies } = this.#deps;
    if (isBehindProxies === true && request.remoteAddress === IMPOSSIBLE_ADDRESS) return 'client_address';
    const bound = authenticator === undefined ? undefined : this.#pending.reached(request.remoteAddress);
    if (bound !== undefined) return bound;
    return limits.admit(limits.countsAddresses ? request.remoteAddress : '');
  }

  #closedTo(address: string): EarlyRefusal | undefined {
    return this.#deps.isClosedToNew() ? 'closed' : this.#deps.limits.reached(address);
  }

  async #authenticate(
    authenticator: Authenticator,
    config: EndpointConfig,
    request: HttpRequest,
  ): Promise<UpgradeDecision> {
    const { remoteAddress } = request;
    this.#pending.began(remoteAddress);
    try {
      return this.#conclude(await authenticator.decide(request), config, request);
    } finally {
      this.#pending.ended(remoteAddress);
    }
  }

  #conclude(outcome: AuthOutcome, { setTags }: EndpointConfig, request: HttpRequest): UpgradeDecision {
    if (!outcome.accept) {
      this.#note(outcome.isUnavailable ? 'auth_unavailable' : 'auth', request, outcome.why);
      return outcome.rejection;
    }
    const { grant, subprotocol } = outcome;
    const problem = this.#tagProblem(setTags, grant.tags);
    if (problem !== undefined) {
      this.#note('tags', request, problem);
      const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
      return { accept: false, status: 400, headers, body: `Bad Request: ${problem}\n` };
    }
    return subprotocol === undefined ? { accept: true, grant } : { accept: true, grant, subprotocol };
  }

  #tagProblem(setTags: ReadonlyMap<string, string>, granted: ReadonlyMap<string, string>): string | undefined {
    const { tagLimits } = this.#deps;
    const problem = tagProblem(granted, tagLimits);
    if (problem !== undefined) return problem;
    const count = countTags(setTags, granted);
    return count > tagLimits.maxTags ? `${count} tags; at most ${tagLimits.maxTags} are allowed` : undefined;
  }

  #refuse(refusal: EarlyRefusal, request: HttpRequest): UpgradeRejection {
    this.#note(refusal, request);
    return REJECTIONS[refusal];
  }

  #note(refusal: UpgradeRefusal, { path, remoteAddress }: HttpRequest, why?: string): void {
    this.#deps.counters.countRefusal(refusal);
    if (refusal === 'closed') return;
    const fields = { reason: refusal, path, peer: remoteAddress };
    this.#deps.refusals.warn('upgrade.refused', why === undefined ? fields : { ...fields, why });
  }

  #counted(decision: UpgradeDecision, startedAt: number): UpgradeDecision {
    const { counters, clock } = this.#deps;
    counters.countUpgrade(decision.accept, clock.now() - startedAt);
    return decision;
  }
}

function accepted({ headers }: HttpRequest, { subprotocols }: EndpointConfig): UpgradeDecision {
  const subprotocol = firstSpoken(headers, subprotocols);
  return subprotocol === undefined ? ACCEPTED : { accept: true, subprotocol };
}
