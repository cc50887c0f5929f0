import { expect, it } from 'vitest';
import { systemClock } from '../../../../src/core/clock.js';
import { ENVELOPE_BYTES } from '../../../../src/gateway/cluster/engines/envelope.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { settle } from '../../../support/settle.js';
import { EngineNode, startBroker, type EngineNodeOptions } from './engine-node.js';

const SECRET = 'correct horse battery staple';

interface Cast {
  readonly one: EngineNode;
  readonly two: EngineNode;
  /** May use the engine, but does not know the secret. */
  readonly spy: EngineNode;
  readonly options: Pick<EngineNodeOptions, 'kind' | 'addr'>;
}

async function startCast(log = new RecordingLogger()): Promise<Cast> {
  const options = { kind: 'redis', addr: (await startBroker('redis')).url } as const;
  const one = await EngineNode.started({ ...options, node: 1, secret: SECRET });
  const two = await EngineNode.started({ ...options, node: 2, secret: SECRET, log });
  const spy = await EngineNode.started({ ...options, node: 3 });
  return { one, two, spy, options };
}

it('delivers messages of nodes with the same secret, a largest one included', async () => {
  const { one, two, spy } = await startCast();
  const largest = Buffer.alloc(one.engine.maxMessageBytes, 'x');
  expect(largest).toHaveLength(1024 * 1024 - ENVELOPE_BYTES);
  one.engine.publish({ to: 'node', node: 2 }, Buffer.from('a'));
  one.engine.publish({ to: 'inbox', node: 2, boot: two.boot }, Buffer.from('b'));
  one.engine.publish({ to: 'beats' }, Buffer.from('c'));
  expect(one.engine.publish({ to: 'all' }, largest)).toBe(true);
  await settle(() => two.messages.length === 4);
  expect(two.texts.slice(0, 3)).toEqual(['a', 'b', 'c']);
  expect(two.messages[3]?.equals(largest)).toBe(true);
  await settle(() => one.messages.length === 2 && spy.messages.length === 2);
  expect([one.refusals, two.refusals]).toEqual([[], []]);
});

it('refuses messages without authentication, with another secret and of another cluster', async () => {
  const log = new RecordingLogger();
  const { one, two, spy, options } = await startCast(log);
  const stranger = await EngineNode.started({ ...options, node: 4, secret: 'another secret of enough bytes' });
  spy.engine.publish({ to: 'node', node: 2 }, Buffer.from('call'));
  await settle(() => two.refusals.length === 1);
  stranger.engine.publish({ to: 'node', node: 2 }, Buffer.from('call'));
  await settle(() => two.refusals.length === 2);
  const other = await EngineNode.started({ ...options, node: 2, secret: SECRET, cluster: 'shop2' });
  const spyThere = await EngineNode.started({ ...options, node: 5, cluster: 'shop2' });
  other.engine.publish({ to: 'all' }, Buffer.from('call'));
  await settle(() => spyThere.messages.length === 1);
  spy.engine.publish({ to: 'node', node: 2 }, spyThere.messages[0] ?? Buffer.alloc(0));
  one.engine.publish({ to: 'node', node: 2 }, Buffer.from('genuine'));
  await settle(() => two.messages.length === 1);
  expect(two.refusals).toEqual(['absent', 'wrong', 'wrong']);
  expect(two.texts).toEqual(['genuine']);
  // The line about the others is within the interval of the first.
  expect(log.lines).toMatchObject([{ level: 'warn', event: 'cluster.message-refused', fields: { reason: 'absent' } }]);
  expect(JSON.stringify(log.lines)).not.toContain(SECRET);
});

it('refuses a message that is repeated, or repeated to another node', async () => {
  const { one, two, spy } = await startCast();
  one.engine.publish({ to: 'all' }, Buffer.from('first'));
  one.engine.publish({ to: 'all' }, Buffer.from('second'));
  await settle(() => two.messages.length === 2 && spy.messages.length === 2);
  for (const message of spy.messages.slice()) spy.engine.publish({ to: 'node', node: 2 }, message);
  await settle(() => two.refusals.length === 2);
  expect(two.refusals).toEqual(['repeated', 'repeated']);
  one.engine.publish({ to: 'node', node: 3 }, Buffer.from('for the third'));
  await settle(() => spy.texts.some((text) => text.includes('for the third')));
  spy.engine.publish({ to: 'node', node: 2 }, spy.messages.at(-1) ?? Buffer.alloc(0));
  await settle(() => two.refusals.length === 3);
  expect(two.refusals.at(-1)).toBe('misdirected');
  expect(two.texts).toEqual(['first', 'second']);
});

it('refuses a message of which any byte was changed', async () => {
  const { one, two, spy } = await startCast();
  one.engine.publish({ to: 'node', node: 3 }, Buffer.from('x'));
  await settle(() => spy.messages.length === 1);
  const sealed = spy.messages[0] ?? Buffer.alloc(0);
  for (const [index, byte] of sealed.entries()) {
    const changed = Buffer.from(sealed);
    changed[index] = byte ^ 1;
    spy.engine.publish({ to: 'node', node: 2 }, changed);
  }
  await settle(() => two.refusals.length === sealed.length);
  expect(new Set(two.refusals)).toEqual(new Set(['absent', 'wrong']));
  expect(two.refusals.filter((refusal) => refusal === 'absent')).toHaveLength(1);
  expect(two.messages).toEqual([]);
});

it('refuses to a node that has just started what was sent long ago', async () => {
  const { one, spy, options } = await startCast();
  one.engine.publish({ to: 'all' }, Buffer.from('old'));
  await settle(() => spy.messages.length === 1);
  const clock = { ...systemClock, wallNow: () => systemClock.wallNow() + 31_000 };
  const late = await EngineNode.started({ ...options, node: 6, secret: SECRET, clock });
  spy.engine.publish({ to: 'node', node: 6 }, spy.messages[0] ?? Buffer.alloc(0));
  await settle(() => late.refusals.length === 1);
  expect(late.refusals).toEqual(['stale']);
});
