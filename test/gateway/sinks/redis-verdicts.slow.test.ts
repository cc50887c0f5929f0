import { afterAll, beforeAll } from 'vitest';
import { RedisSink } from '../../../src/gateway/sinks/redis/redis-sink.js';
import { receivedEvent, type ReceivedEvent } from '../../support/received-event.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { describeVerdicts, type Moment } from './verdict-suite.js';

let redis: RedisBroker;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.process.dispose());

async function command(...args: readonly string[]): Promise<void> {
  await (await RedisStreamReader.open(redis)).command(...args);
}

async function begin(streamName: string): Promise<RedisSink> {
  await command('CONFIG', 'SET', 'client-query-buffer-limit', '1gb');
  await command('FLUSHALL');
  await command('ACL', 'SETUSER', 'gate', 'on', '>pw', '~*', '+@all');
  const addr = redis.url.replace('//', '//gate:pw@');
  const config = { addr, streamName, eventIdField: undefined, closeReasonField: undefined, maxLen: 0 };
  return new RedisSink(config, sinkDeps());
}

/** All entries of these streams, one stream after the other. */
function readStreams(...streams: readonly string[]) {
  return async (): Promise<readonly ReceivedEvent[]> => {
    const reader = await RedisStreamReader.open(redis);
    const all = await Promise.all(streams.map((stream) => reader.entries(1, stream)));
    return all.flat().map((entry) => {
      const fields = Object.fromEntries([...entry].map(([field, value]) => [field, value.toString()]));
      return receivedEvent(fields, entry.get('message'));
    });
  };
}

const destinationOf = (connection: number) => [connection < 5 ? 'b' : 'a'];
const one: Pick<Moment, 'begin' | 'received'> = {
  begin: () => begin('connectionevents'),
  received: readStreams('connectionevents', 'kept'),
};
const several: Pick<Moment, 'begin' | 'received' | 'destinationOf' | 'isOneOfSeveral'> = {
  begin: () => begin('{tag.stream}'),
  received: async () => [...(await readStreams('kept', 'b')()), ...(await readStreams('a')())],
  destinationOf,
  isOneOfSeveral: true,
};

/** Keeps the content of the stream under another name. */
const replace = (stream: string) => ({
  goWrong: async () => {
    await command('EVAL', "redis.call('RENAME', KEYS[1], 'kept') redis.call('SET', KEYS[1], 'x')", '1', stream);
  },
  comeRight: () => command('DEL', stream),
});

const forbid = (pattern: string) => ({
  goWrong: () => command('ACL', 'SETUSER', 'gate', 'resetkeys', pattern),
  comeRight: () => command('ACL', 'SETUSER', 'gate', 'resetkeys', '~*'),
});

/** Makes Redis refuse every write. */
const WHOLE: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['memory that is used up', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
  [
    'too few replicas',
    ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
    ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
  ],
  ['a server that is a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  ['a user that may not XADD', ['ACL', 'SETUSER', 'gate', '-xadd'], ['ACL', 'SETUSER', 'gate', '+xadd']],
  ['a user that may not MULTI', ['ACL', 'SETUSER', 'gate', '-multi'], ['ACL', 'SETUSER', 'gate', '+multi']],
  ['a user that is gone', ['ACL', 'DELUSER', 'gate'], ['ACL', 'SETUSER', 'gate', 'on', '>pw', '~*', '+@all']],
];

/** Keeps the content of the stream under another name, and exhausts the stream's ids. */
const exhaust = (stream: string) => ({
  goWrong: async () => {
    const last = '18446744073709551615-18446744073709551615';
    await command(
      'EVAL',
      `redis.call('RENAME', KEYS[1], 'kept') redis.call('XADD', KEYS[1], '${last}', 'a', 'b')`,
      '1',
      stream,
    );
  },
  comeRight: () => command('DEL', stream),
});

describeVerdicts(
  'redis',
  [
    ...WHOLE.map(([name, wrong, right]) => ({
      name,
      ...one,
      received: readStreams('connectionevents'),
      goWrong: () => command(...wrong),
      comeRight: () => command(...right),
    })),
    {
      name: 'a stream without ids left',
      ...one,
      received: readStreams('kept', 'connectionevents'),
      ...exhaust('connectionevents'),
    },
    { name: 'one stream without ids left among several', ...several, ...exhaust('b') },
    {
      name: 'a key of another type',
      ...one,
      received: readStreams('kept', 'connectionevents'),
      ...replace('connectionevents'),
    },
    {
      name: 'a key that the user may not write',
      ...one,
      received: readStreams('connectionevents'),
      ...forbid('~other'),
    },
    { name: 'one key of another type among several', ...several, ...replace('b') },
    {
      name: 'one key that the user may not write among several',
      ...several,
      received: readStreams('a', 'b'),
      ...forbid('~a'),
    },
  ],
  [
    {
      name: 'a message over which Redis cuts the connection',
      begin: async () => {
        const sink = await begin('connectionevents');
        await command('CONFIG', 'SET', 'client-query-buffer-limit', '1mb');
        return sink;
      },
      message: Buffer.alloc(3_000_000, 97),
      received: readStreams('connectionevents'),
    },
  ],
);
