import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { systemErrorCode } from '../../core/error.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import { callAll, texts } from './redis-calls.js';

/** Identity of a process. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Start time: distinguishes it from an earlier process with the same pid. */
  readonly startedAt: number;
}

/** Identity of this process. */
export function thisProcess(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, startedAt: Math.floor(performance.timeOrigin) };
}

/**
 * Registers this process in Redis under its node number, and finds other live processes with the
 * same number. Only a process that is alone may remove keys that the node left: two gateways with
 * one number must not delete each other's keys.
 */
export class NodeClaim {
  readonly #boot = randomUUID();
  readonly #bootsKey: string;

  readonly #node: string;
  readonly #ttlMs: number;
  readonly #identity: ProcessIdentity;

  constructor(node: string, ttlMs: number, identity: ProcessIdentity) {
    this.#node = node;
    this.#ttlMs = ttlMs;
    this.#identity = identity;
    this.#bootsKey = `wsg:node:${node}:boots`;
  }

  /**
   * Renews the claim, which must happen more often than the TTL. Resolves to the hosts of other
   * live processes.
   */
  async claim(pipeline: RedisPipeline): Promise<string[]> {
    const ttl = String(this.#ttlMs);
    const { host, pid, startedAt } = this.#identity;
    const replies = await callAll(pipeline, [
      ['SADD', this.#bootsKey, this.#boot],
      ['PEXPIRE', this.#bootsKey, ttl],
      ['SET', this.#bootKey(this.#boot), `${host} ${pid} ${startedAt}`, 'PX', ttl],
      ['SMEMBERS', this.#bootsKey],
    ]);
    const others = texts(replies[3]).filter((boot) => boot !== this.#boot);
    if (others.length === 0) return [];
    const answers = await callAll(
      pipeline,
      others.map((boot) => ['GET', this.#bootKey(boot)]),
    );
    const claims = answers.map((reply) => (typeof reply === 'string' ? reply : ''));
    const dead = others.filter((_, index) => !this.#isAlive(claims[index] ?? ''));
    if (dead.length > 0) {
      await callAll(pipeline, [
        ['SREM', this.#bootsKey, ...dead],
        ['DEL', ...dead.map((boot) => this.#bootKey(boot))],
      ]);
    }
    return claims.filter((claim) => this.#isAlive(claim)).map((claim) => claim.split(' ')[0] ?? '');
  }

  /** All connections that processes of this node have written. */
  async connections(pipeline: RedisPipeline): Promise<string[]> {
    const [members] = await callAll(pipeline, [['SMEMBERS', `wsg:node:${this.#node}`]]);
    return texts(members);
  }

  async release(pipeline: RedisPipeline): Promise<void> {
    await callAll(pipeline, [
      ['SREM', this.#bootsKey, this.#boot],
      ['DEL', this.#bootKey(this.#boot)],
    ]);
  }

  /**
   * Checks the process when it is on this host; on others a claim that has not expired counts as
   * alive.
   */
  #isAlive(claim: string): boolean {
    if (claim === '') return false;
    const [host, pid, startedAt] = claim.split(' ');
    if (host !== this.#identity.host) return true;
    if (Number(pid) === this.#identity.pid) return Number(startedAt) === this.#identity.startedAt;
    return isRunning(Number(pid));
  }

  #bootKey(boot: string): string {
    return `wsg:node:${this.#node}:boot:${boot}`;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemErrorCode(error) !== 'ESRCH';
  }
}
