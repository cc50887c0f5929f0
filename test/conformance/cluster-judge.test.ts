import { describe, expect, it } from 'vitest';
import {
  judge,
  type ClusterCall,
  type ClusterClient,
  type ClusterEvent,
  type ClusterFault,
  type ClusterRun,
} from '../../conformance/cluster/judge/judge.mjs';

const NODES = ['0001', '0002', '0003'] as const;

/** A call that node 1 answered after 5 ms with one client of each node. */
function call(number: number, changes: Partial<ClusterCall> = {}): ClusterCall {
  const sentAtMs = changes.sentAtMs ?? number * 10;
  return {
    number,
    node: '0001',
    sentAtMs,
    answeredAtMs: sentAtMs + 5,
    status: 200,
    count: 3,
    silent: [],
    allowanceMs: 0,
    ...changes,
  };
}

/** A client of a node that got the messages of these calls and stayed to the end. */
function client(node: string, received: readonly number[], changes: Partial<ClusterClient> = {}): ClusterClient {
  return {
    name: `client of ${node}`,
    node,
    boot: 0,
    room: 'a',
    openedAtMs: 0,
    leftAtMs: Infinity,
    closedAtMs: Infinity,
    isCut: false,
    received,
    written: 0,
    isClosedCleanly: false,
    ...changes,
  };
}

/** One client on each node, each with what it got. */
function crowd(...received: readonly (readonly number[])[]): ClusterClient[] {
  return NODES.map((node, index) => client(node, received[index] ?? []));
}

function fault(nodes: readonly string[], changes: Partial<ClusterFault> = {}): ClusterFault {
  return { kind: 'cut-20', nodes, stopsNodes: false, startMs: 0, undoneMs: 30_000, endMs: 30_000, ...changes };
}

/** The rules that a run breaks. */
function broken(run: Partial<ClusterRun>): string[] {
  const whole = { calls: [], clients: [], faults: [], events: [], deadlineMs: 1_000, ...run };
  return judge(whole).violations.map((text) => text.split(':')[0] ?? '');
}

describe('the judge of a run against a cluster, on who got what,', () => {
  const SILENT = { silent: ['0003'], count: 2 };
  const faults = [fault(['0003'])];

  it('passes a count that equals the clients that got the message', () => {
    expect(broken({ calls: [call(1)], clients: crowd([1], [1], [1]) })).toEqual([]);
  });

  it.each([
    ['a count too high', { calls: [call(1, { count: 4 })], clients: crowd([1], [1], [1]) }],
    ['a count too high', { calls: [call(1)], clients: crowd([1], [], [1]) }],
    ['a count too low', { calls: [call(1, { count: 2 })], clients: crowd([1], [1], [1]) }],
    ['a message delivered twice', { calls: [call(1)], clients: crowd([1], [1, 1], [1]) }],
    ['a message delivered twice', { calls: [call(1, SILENT)], clients: crowd([1], [1], [1, 1]), faults }],
    ['a message for somebody else', { calls: [call(1, { room: 'b' })], clients: crowd([1]) }],
    ['a message for somebody else', { calls: [call(1)], clients: crowd([1, 2], [1], [1]) }],
    ['a node that was well is named as silent', { calls: [call(1, SILENT)], clients: crowd([1], [1], [1]) }],
    ['a node that was well did not answer 200', { calls: [call(1, { status: 503 })], clients: crowd([1], [1], [1]) }],
  ])('finds %s', (rule, run: Partial<ClusterRun>) => {
    expect(broken(run)).toContain(rule);
  });

  it('counts the clients of a later start while the earlier one is named', () => {
    const [first, second] = crowd([1], [1]);
    const named = call(1, { silent: ['0003'], count: 3 });
    if (first === undefined || second === undefined) throw new Error('two clients');
    const withThird = (boot: number, openedAtMs: number) => [first, second, client('0003', [1], { boot, openedAtMs })];
    expect(broken({ calls: [named], clients: withThird(1, 0), faults })).toEqual([]);
    expect(broken({ calls: [named], clients: withThird(1, 100), faults })).toEqual([]);
    expect(broken({ calls: [named], clients: withThird(0, 0), faults })).toEqual(['a count too high']);
  });

  it('excuses a silent node by a machine that was busy shortly before', () => {
    const busy = call(1, { allowanceMs: 900 });
    const run = { calls: [busy, call(2, { ...SILENT, sentAtMs: 2_500 })], clients: crowd([1, 2], [1, 2], [1]) };
    expect(broken(run)).toEqual([]);
    const later = { ...run, calls: [busy, call(2, { ...SILENT, sentAtMs: 9_000 })] };
    expect(broken(later)).toEqual(['a node that was well is named as silent']);
  });

  it('compares the counts of nodes one by one where the answer has them', () => {
    const perNode = { '0001': 2, '0002': 0, '0003': 1 };
    const run = { calls: [call(1, { perNode })], clients: crowd([1], [1], [1]) };
    expect(broken(run)).toEqual(expect.arrayContaining(['a count too high', 'a count too low']));
  });

  it.each([[[]], [[1]]])('lets clients of a silent node get the message or not (%j)', (received) => {
    expect(broken({ calls: [call(1, SILENT)], clients: crowd([1], [1], received), faults })).toEqual([]);
  });

  it('counts the clients of nodes that answered exactly, though another node was silent', () => {
    const run = { calls: [call(1, SILENT)], clients: crowd([1], [], [1]), faults };
    expect(broken(run)).toEqual(['a count too high']);
  });

  it('takes * for all nodes but the one that was asked', () => {
    const run = { calls: [call(1, { silent: ['*'], count: 1 })], faults };
    expect(broken({ ...run, clients: crowd([1], [1], []) })).toEqual([]);
    expect(broken({ ...run, clients: crowd([], [1], [1]) })).toEqual(['a count too high']);
  });

  it('lets a connection that was cut at that moment lose the message, and none that was cut later', () => {
    const cut = (closedAtMs: number) => client('0003', [], { isCut: true, closedAtMs });
    const [first, second] = crowd([1], [1]);
    if (first === undefined || second === undefined) throw new Error('two clients');
    expect(broken({ calls: [call(1)], clients: [first, second, cut(20)] })).toEqual([]);
    expect(broken({ calls: [call(1)], clients: [first, second, cut(20_000)] })).toEqual(['a count too high']);
  });

  it('lets a client miss the message that had sent its close frame before the answer', () => {
    const [first, second] = crowd([1], [1]);
    const leaving = (leftAtMs: number) => client('0003', [], { leftAtMs, closedAtMs: 20 });
    if (first === undefined || second === undefined) throw new Error('two clients');
    expect(broken({ calls: [call(1)], clients: [first, second, leaving(9)] })).toEqual([]);
    expect(broken({ calls: [call(1)], clients: [first, second, leaving(19)] })).toEqual(['a count too high']);
  });

  it('expects nothing of a call whose answer was lost with its node, but no message twice', () => {
    const lost = call(1, { status: undefined, answeredAtMs: undefined, count: 0 });
    const killed = [fault(['0001'], { kind: 'kill', stopsNodes: true })];
    expect(broken({ calls: [lost], clients: crowd([1], [], [1]), faults: killed })).toEqual([]);
    expect(broken({ calls: [lost], clients: crowd([1, 1]), faults: killed })).toEqual(['a message delivered twice']);
  });
});

describe('the judge of a run against a cluster, on times,', () => {
  const late = (allowanceMs: number) => [call(1, { answeredAtMs: 1_090, allowanceMs })];

  it('finds an answer later than the deadline and 50 ms, less what the machine took', () => {
    const clients = crowd([1], [1], [1]);
    expect(broken({ calls: late(0), clients })).toEqual(['an answer after the deadline']);
    expect(broken({ calls: late(40), clients })).toEqual([]);
  });

  it('does not judge the answers of a node that was frozen', () => {
    const faults = [fault(['0001'], { kind: 'freeze', stopsNodes: true })];
    expect(broken({ calls: late(0), clients: crowd([1], [1], [1]), faults })).toEqual([]);
  });

  it.each([
    { tookMs: 900, expected: ['calls still wait for a node that is known to be silent'] },
    { tookMs: 20, expected: [] },
  ])('judges by how long calls take once the silent node is known: $tookMs ms', ({ tookMs, expected }) => {
    const missed = call(1, { sentAtMs: 0, answeredAtMs: 1_000, silent: ['0003'], count: 0 });
    const later = Array.from({ length: 40 }, (_, index) => {
      const sentAtMs = 3_000 + index * 10;
      return call(index + 2, { sentAtMs, answeredAtMs: sentAtMs + tookMs, silent: ['0003'], count: 0 });
    });
    expect(broken({ calls: [missed, ...later], faults: [fault(['0003'])] })).toEqual(expected);
  });
});

describe('the judge of a run against a cluster, on order,', () => {
  const answeredTogether = { answeredAtMs: 1_000 };
  const together = [call(1, answeredTogether), call(2, answeredTogether)];

  it('finds two clients of one node that saw two orders', () => {
    const calls = together.map((one) => ({ ...one, node: `000${one.number}`, count: 2 }));
    const clients = [client('0001', [1, 2]), client('0001', [2, 1])];
    expect(broken({ calls, clients })).toEqual(['two orders on one node']);
  });

  it('lets nodes differ about calls that were under way at the same time through two nodes', () => {
    const calls = together.map((one) => ({ ...one, node: `000${one.number}`, count: 3 }));
    expect(broken({ calls, clients: crowd([1, 2], [2, 1], [1, 2]) })).toEqual([]);
  });

  it('finds calls through one node in two orders', () => {
    expect(broken({ calls: together, clients: crowd([1, 2], [2, 1], [1, 2]) })).toEqual([
      'two orders of calls through one node',
    ]);
  });

  it('finds an answered call after a later one, through whatever node', () => {
    const calls = [call(1), call(2, { node: '0002' })];
    expect(broken({ calls, clients: crowd([1, 2], [2, 1], [1, 2]) })).toEqual(['an answered call after a later one']);
  });

  it('lets an answered call come later at a node that the answer names as silent', () => {
    const calls = [call(1, { silent: ['0002'], count: 2 }), call(2, { node: '0003' })];
    const run = { calls, clients: crowd([1, 2], [2, 1], [1, 2]), faults: [fault(['0002'])] };
    expect(broken(run)).toEqual([]);
  });
});

describe('the judge of a run against a cluster, on events,', () => {
  const event = (id: number, action: ClusterEvent['action'], message?: string): ClusterEvent => {
    return { id: `0001-1-${id}`, connection: 'x', action, ...(message === undefined ? {} : { message }) };
  };
  const open = event(1, 'open');
  const close = event(3, 'close');
  const message = event(2, 'message', 'a 1');

  it('passes a connection with one open, its messages and one close, and repeats', () => {
    const clients = [client('0001', [], { name: 'a', written: 1, isClosedCleanly: true })];
    expect(broken({ events: [open, message, open, message, close], clients })).toEqual([]);
  });

  it.each([
    ['something after the close', [open, close, message]],
    ['more than one close', [open, message, close, event(4, 'close')]],
    ['an open without a close', [open, message]],
    ['not one open, first', [message, close]],
    ['out of order or a hole', [open, event(2, 'message', 'a 2'), close]],
    ['two events with one id', [open, message, close, event(2, 'message', 'a 2')]],
    ['more than was written', [open, message, event(4, 'message', 'a 2'), event(5, 'close')]],
    ['missing at the end of a clean session', [open, event(2, 'close')]],
  ])('finds %s', (rule, events) => {
    const clients = [client('0001', [], { name: 'a', written: 1, isClosedCleanly: true })];
    expect(broken({ events, clients })).toContain(rule);
  });

  it.each([
    { killedAtMs: 1_500, expected: [] },
    { killedAtMs: 9_000, expected: ['missing at the end of a clean session'] },
  ])('lets the last messages go with a node that is killed right then: at $killedAtMs ms', (run) => {
    const clients = [client('0001', [], { name: 'a', written: 1, isClosedCleanly: true, closedAtMs: 1_000 })];
    const faults = [fault(['0001'], { kind: 'kill', startMs: run.killedAtMs })];
    expect(broken({ events: [open, event(2, 'close')], clients, faults })).toEqual(run.expected);
  });
});
