import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { OPCODE, RawWebSocket } from './raw-websocket.js';
import { startRedis, type RedisBroker } from './redis-broker.js';
import { RedisStreamReader, type StreamEntry } from './redis-stream-reader.js';
import { temporaryFolder } from './temporary-folder.js';
import { WsgProcess } from './wsg-process.js';

const names = z.array(z.string());

/** Name of the cluster, and so a part of its keys. */
export const CLUSTER = 'test';

/** Options of a node. */
export interface NodeOptions {
  /** Folder of its log; none when missing. */
  readonly dir?: string;
  /** Port of Redis for everything, by default that of the cluster's. */
  readonly redisPort?: number;
  /** Port of Redis for its stream alone. */
  readonly streamPort?: number;
  readonly lateEvents?: 'deliver';
  readonly outbox?: Readonly<Record<string, unknown>>;
}

/** Nodes of a cluster as processes, with a Redis for the bus, the mirror and the stream `events`. */
export class NodeCluster {
  private constructor(
    readonly redis: RedisBroker,
    readonly reader: RedisStreamReader,
  ) {}

  static async start(): Promise<NodeCluster> {
    const redis = await startRedis();
    onTestFinished(() => redis.process.dispose());
    return new NodeCluster(redis, await RedisStreamReader.open(redis));
  }

  async node(number: number, options: NodeOptions = {}): Promise<ClusterNode> {
    const folder = await temporaryFolder();
    const { dir, redisPort = this.redis.port, streamPort = redisPort, lateEvents, outbox = {} } = options;
    const addr = `redis://127.0.0.1:${redisPort}`;
    const config = {
      node: { number },
      endpoints: [{ path: '/connect', set_tags: { room: `r${number}` }, stream_include_tags: ['room', 'user'] }],
      stream_redis: {
        addr: `redis://127.0.0.1:${streamPort}`,
        stream_name: 'events',
        event_id_field: 'id',
        close_reason_field: 'reason',
      },
      connection_redis_sync: { addr },
      cluster: {
        name: CLUSTER,
        redis: { addr },
        // The shortest time with a log is that of beats.
        declare_dead_s: 0,
        ...(lateEvents && { late_events: lateEvents }),
      },
      outbox: { ...(dir && { dir, durability: 'disk', fsync: 'always' }), ...outbox },
      drain: { close_spread_s: 0 },
      prometheus: { enabled: true },
    };
    const file = join(folder, 'config.yml');
    await writeFile(file, stringify(config));
    const wsg = new WsgProcess(['serve', '--config', file, '--listen', '127.0.0.1:0', '--ready-fd', '3'], {
      cwd: folder,
    });
    const { port } = await Promise.race([wsg.ready, endedEarly(wsg)]);
    return new ClusterNode(wsg, port, number);
  }

  /** Resolves once a node has noted in the mirror that all its events up to a sequence are delivered. */
  async noted(node: number, sequence: number): Promise<void> {
    const pattern = `wsg:${CLUSTER}:open:${node.toString(16).padStart(4, '0')}:*`;
    for (;;) {
      for (const key of names.parse(await this.reader.text('KEYS', pattern))) {
        const progress = z
          .string()
          .nullable()
          .parse(await this.reader.text('HGET', key, ''));
        if (Number(progress?.split(' ')[0]) >= sequence) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Resolves with all events once `isComplete` holds. */
  async events(isComplete: (events: readonly SeenEvent[]) => boolean): Promise<readonly SeenEvent[]> {
    for (;;) {
      const events = (await this.reader.entries(0, 'events')).map(seen);
      if (isComplete(events)) return events;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function endedEarly(wsg: WsgProcess): Promise<never> {
  const { stderr, code } = await wsg.ended;
  throw new Error(`ended with ${code}:\n${stderr}`);
}

/** One node. */
export class ClusterNode {
  readonly clients: RawWebSocket[] = [];

  constructor(
    readonly wsg: WsgProcess,
    readonly port: number,
    readonly number: number,
  ) {}

  /** Opens clients, a few at a time. */
  async connect(count: number): Promise<void> {
    while (this.clients.length < count) {
      const some = Math.min(20, count - this.clients.length);
      const opened = await Promise.all(Array.from({ length: some }, () => RawWebSocket.open(this.port, '/connect')));
      for (const client of opened) onTestFinished(() => client.destroy());
      this.clients.push(...opened);
    }
  }

  say(text: string): void {
    for (const client of this.clients) client.send(OPCODE.text, text);
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
  }

  async readiness(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.port}/readyz`)).text();
  }

  async kill(): Promise<void> {
    this.wsg.kill('SIGKILL');
    await this.wsg.ended;
  }
}

/** An event as a backend sees it. */
export interface SeenEvent {
  readonly id: string;
  readonly connection: string;
  readonly action: string;
  readonly tags: string;
  readonly message: string;
  readonly reason: string;
}

function seen(entry: StreamEntry): SeenEvent {
  const text = (name: string): string => String(entry.get(name) ?? '');
  return {
    id: text('id'),
    connection: text('connection'),
    action: text('action'),
    tags: text('tags'),
    message: text('message'),
    reason: text('reason'),
  };
}

/** Events of a connection in their order, without those that were delivered again. */
export function byConnection(events: readonly SeenEvent[]): Map<string, readonly SeenEvent[]> {
  const ids = new Set<string>();
  const all = new Map<string, SeenEvent[]>();
  for (const event of events) {
    if (ids.has(event.id)) continue;
    ids.add(event.id);
    all.set(event.connection, [...(all.get(event.connection) ?? []), event]);
  }
  return all;
}

export function closes(events: readonly SeenEvent[]): readonly SeenEvent[] {
  return events.filter(({ action }) => action === 'close');
}

/**
 * Errors in the events of each connection: it must have one open event first, and at most
 * one close event, which is the last.
 */
export function disorder(events: readonly SeenEvent[]): string[] {
  const problems: string[] = [];
  for (const [connection, own] of byConnection(events)) {
    const actions = own.map(({ action, reason }) => `${action} ${reason}`.trim());
    const isOrdered = own.every(({ action }, index) => {
      if (action === 'open') return index === 0;
      return action === 'close' ? index === own.length - 1 : index > 0;
    });
    if (!isOrdered) problems.push(`${connection}: ${actions.join(', ')}`);
  }
  return problems;
}
