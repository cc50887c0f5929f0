import { expect, it } from 'vitest';
import { Connection } from '../../../src/gateway/connection/connection.js';
import type { UpgradeDecision } from '../../../src/gateway/transport/transport.js';
import { areLimitsShared, limitsOfWorker, NodeLimits } from '../../../src/gateway/workers/node-limits.js';
import { WorkerLimits } from '../../../src/gateway/workers/worker-limits.js';
import { idleSocket } from '../../support/idle-socket.js';
import { linkPair } from '../../support/link-pair.js';
import { ManualClock } from '../../support/manual-clock.js';
import { openAdmission } from '../../support/open-admission.js';
import { settle } from '../../support/settle.js';
import { testEndpoint } from '../../support/test-endpoint.js';

const NONE = { maxConnections: 0, maxConnectionsPerAddress: 0, handshakesPerSecond: 0 };

async function nodeWith(changes: Partial<typeof NONE>, workers = 3) {
  const clock = new ManualClock();
  const limits = new NodeLimits({ limits: { ...NONE, ...changes }, clock });
  const add = async (worker: number) => {
    const pair = await linkPair(worker);
    limits.attach(pair.supervisor);
    return { ...pair, limits: new WorkerLimits(pair.worker) };
  };
  const all = await Promise.all(Array.from({ length: workers }, (_, index) => add(index + 1)));
  const open = async (worker: number, address = '10.0.0.1') => {
    const own = all[worker % workers]?.limits;
    const refusal = await own?.admitAndTake(address);
    if (refusal === undefined) own?.opened(address);
    return refusal;
  };
  return { clock, limits, all, open };
}

it('never exceeds max_connections in a storm over all workers, and uses all of it', async () => {
  const most = 100;
  const { limits, all, open } = await nodeWith({ maxConnections: most });
  let opened = 0;
  let closed = 0;
  let mostOpen = 0;
  let refused = 0;
  const dial = async (index: number) => {
    for (let round = 0; round < 10; round += 1) {
      const worker = (index * 7 + round) % 3;
      if ((await open(worker)) !== undefined) {
        refused += 1;
        continue;
      }
      opened += 1;
      mostOpen = Math.max(mostOpen, opened - closed);
      if (round % 3 === 2) continue;
      closed += 1;
      all[worker]?.limits.closed('10.0.0.1');
    }
  };
  await Promise.all(Array.from({ length: 300 }, (_, index) => dial(index)));
  expect(refused).toBeGreaterThan(0);
  expect(mostOpen).toBe(most);
  await settle(() => limits.connections === opened - closed);
  let left = most - limits.connections;
  while ((await open(left)) === undefined) left -= 1;
  expect([left, limits.connections]).toEqual([0, most]);
  expect(await open(1)).toBe('max_connections');
});

it('counts the connections of an address over all workers', async () => {
  const { all, open } = await nodeWith({ maxConnectionsPerAddress: 2 });
  expect([await open(0), await open(1), await open(2), await open(2, '10.0.0.2')]).toEqual([
    undefined,
    undefined,
    'max_connections_per_address',
    undefined,
  ]);
  all[0]?.limits.closed('10.0.0.1');
  all[0]?.worker.flush();
  let refusal: string | undefined = 'max_connections_per_address';
  while (refusal !== undefined) refusal = await open(2);
  expect(await open(1)).toBe('max_connections_per_address');
});

it('limits the handshakes of all workers together', async () => {
  const { clock, open } = await nodeWith({ handshakesPerSecond: 5 });
  const first = await Promise.all(Array.from({ length: 9 }, (_, index) => open(index)));
  expect(first.filter((refusal) => refusal === undefined).length).toBe(5);
  expect(first.filter((refusal) => refusal === 'handshakes_per_s').length).toBe(4);
  clock.advance(1_000);
  expect(await open(1)).toBeUndefined();
});

it('frees the places of a worker that is gone, and of clients that left before they were let in', async () => {
  const { limits, all, open } = await nodeWith({ maxConnections: 4 });
  for (let count = 0; count < 3; count += 1) await open(0);
  expect(await all[1]?.limits.admitAndTake('10.0.0.9')).toBeUndefined();
  expect(limits.connections).toBe(4);
  await settle(() => limits.connections === 3);
  all[0]?.worker.destroy('killed');
  await settle(() => limits.connections === 0);
  for (let count = 0; count < 4; count += 1) expect(await open(1)).toBeUndefined();
  expect(await open(2)).toBe('max_connections');
});

it('refuses upgrades when the supervisor has gone', async () => {
  const { all } = await nodeWith({ maxConnections: 4 });
  const [first] = all;
  first?.socketsOf(first.supervisor).input.pause();
  const pending = first?.limits.admit('10.0.0.1');
  first?.supervisor.destroy('killed');
  expect(await pending).toBe('max_connections');
  expect(await first?.limits.take('10.0.0.1')).toBe('max_connections');
});

it('is asked by the admission of a worker, which gives places back when connections close', async () => {
  const { limits, all } = await nodeWith({ maxConnections: 1 });
  const endpoint = { ...testEndpoint(), allowedOrigins: [], subprotocols: ['one'] };
  const request = {
    remoteAddress: '10.0.0.1',
    path: '/t',
    query: '',
    headers: new Map([['sec-websocket-protocol', 'one']]),
  };
  const admission = openAdmission([endpoint as never], { common: all[0]?.limits });
  const decide = async (): Promise<UpgradeDecision> => admission.decide(request as never, '/t');
  expect(await decide()).toEqual({ accept: true, subprotocol: 'one' });
  const connection = new Connection('id', { ...idleSocket, remoteAddress: '10.0.0.1:7' }, endpoint);
  admission.opened(connection, undefined);
  expect(await decide()).toMatchObject({ accept: false, status: 503 });
  admission.closed(connection);
  await settle(() => limits.connections === 0);
  expect(await decide()).toMatchObject({ accept: true });
});

it('takes the place of an authenticated client when it is let in, not before', async () => {
  const { limits, all } = await nodeWith({ maxConnections: 1 });
  const endpoint = { ...testEndpoint(), allowedOrigins: [], subprotocols: [] };
  const request = { remoteAddress: '10.0.0.1', path: '/t', query: '', headers: new Map() };
  let letIn: () => void = () => undefined;
  const authenticator = {
    start: async () => undefined,
    reload: async () => undefined,
    decide: () =>
      new Promise((resolve) => {
        letIn = () => resolve({ accept: true, grant: { tags: new Map() } });
      }),
  };
  const authenticators = new Map([['/t', authenticator as never]]);
  const admission = openAdmission([endpoint as never], { common: all[0]?.limits, authenticators });
  let isAsked = false;
  const decision = Promise.resolve(admission.decide(request as never, '/t')).then((made) => {
    isAsked = true;
    return { made, places: limits.connections };
  });
  await new Promise<void>((resolve) => setImmediate(resolve));
  await all[1]?.limits.admit('10.0.0.2');
  expect([isAsked, limits.connections]).toEqual([false, 0]);
  letIn();
  await settle(() => {
    letIn();
    return isAsked;
  });
  expect(await decision).toMatchObject({ made: { accept: true }, places: 1 });
});

it('leaves a worker its part of the other limits', () => {
  const limits = { ...NONE, maxConnections: 10, maxPendingUpgrades: 1_000, maxPlainConnections: 4_096, maxTags: 64 };
  const parts = [1, 2, 3].map((worker) => limitsOfWorker(limits as never, { worker, workers: 3 }));
  expect(parts[0]).toEqual({ ...NONE, maxPendingUpgrades: 334, maxPlainConnections: 1_366, maxTags: 64 });
  expect(parts.map(({ maxPendingUpgrades }) => maxPendingUpgrades)).toEqual([334, 333, 333]);
  const few = { ...limits, maxPlainConnections: 8 };
  expect(limitsOfWorker(few as never, { worker: 9, workers: 9 }).maxPlainConnections).toBe(1);
  expect([areLimitsShared(NONE), areLimitsShared(limits)]).toEqual([false, true]);
});
