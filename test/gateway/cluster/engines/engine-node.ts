import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '../../../../src/core/clock.js';
import { silentLogger, type Logger } from '../../../../src/core/logger.js';
import { createEngine } from '../../../../src/gateway/cluster/engines/create-engine.js';
import type { Engine } from '../../../../src/gateway/cluster/engine.js';
import { freePort } from '../../../support/broker-process.js';
import { startNats, type NatsBroker } from '../../../support/nats-broker.js';
import { startRedis, type RedisBroker } from '../../../support/redis-broker.js';

export const CLUSTER = 'shop';
export const KINDS = ['nats', 'redis'] as const;

type Kind = Engine['kind'];

/** A broker of the kind that ends with the test. `settings` are for that kind. */
export async function startBroker(kind: Kind, settings: readonly string[] = []): Promise<NatsBroker | RedisBroker> {
  const broker = kind === 'nats' ? await startNats(settings) : await startRedis(settings);
  onTestFinished(() => broker.process.dispose());
  return broker;
}

export function urlOf(kind: Kind, port: number, login = ''): string {
  return `${kind}://${login}127.0.0.1:${port}`;
}

export interface EngineNodeOptions {
  readonly kind: Kind;
  readonly addr: string;
  readonly node: number;
  readonly cluster?: string;
  readonly secret?: string;
  readonly log?: Logger;
  readonly clock?: Clock;
}

/** An engine that keeps what its listener is told. */
export class EngineNode {
  readonly engine: Engine;
  readonly boot: number;
  readonly messages: Buffer[] = [];
  readonly reasons: string[] = [];
  ups = 0;
  readonly node: number;

  constructor({ kind, addr, node, cluster = CLUSTER, secret, ...deps }: EngineNodeOptions) {
    this.node = node;
    this.boot = Date.now();
    const { clock = systemClock, log = silentLogger } = deps;
    this.engine = createEngine({ engine: { kind, addr }, name: cluster, secret }, { clock, log });
    onTestFinished(() => this.engine.stop());
  }

  static async started(options: EngineNodeOptions): Promise<EngineNode> {
    const node = new EngineNode(options);
    await node.start();
    return node;
  }

  start(): Promise<void> {
    return this.engine.start(
      { node: this.node, boot: this.boot },
      {
        received: (bytes) => this.messages.push(Buffer.from(bytes)),
        up: () => (this.ups += 1),
        down: (reason) => this.reasons.push(reason),
      },
    );
  }

  /** The reason of each message that was not authentic, in the order of their first occurrence. */
  get refusals(): string[] {
    return [...this.engine.refused].flatMap(([reason, count]) => Array.from({ length: count }, () => reason));
  }

  get texts(): string[] {
    return this.messages.map(String);
  }
}

/** A port on which nothing listens yet. */
export { freePort };
