import { expect, it } from 'vitest';
import { settle } from '../../../support/settle.js';
import { EngineNode, startBroker, urlOf } from './engine-node.js';

const LOGIN = 'wsg:hunter2@';
/** The documented permissions. */
const NATS_ALL = '"wsg.shop.>"';
const REDIS_ALL = ['resetchannels', '&wsg:shop:*', '+publish', '+subscribe'];

function natsUser(publish: string, subscribe: string): string[] {
  const permissions = `permissions: { publish: ${publish}, subscribe: ${subscribe} }`;
  return [`accounts: { cluster: { users: [ { user: wsg, password: hunter2, ${permissions} } ] } }`];
}

function redisUser(rules: readonly string[]): string[] {
  return ['--user', 'wsg', 'on', '>hunter2', ...rules];
}

it.each([
  ['nats', natsUser(NATS_ALL, NATS_ALL)],
  ['redis', redisUser(REDIS_ALL)],
] as const)('a user of %s with exactly the documented permissions works', async (kind, settings) => {
  const { port } = await startBroker(kind, settings);
  const one = await EngineNode.started({ kind, addr: urlOf(kind, port, LOGIN), node: 1 });
  const two = await EngineNode.started({ kind, addr: urlOf(kind, port, LOGIN), node: 2 });
  one.engine.publish({ to: 'node', node: 2 }, Buffer.from('a'));
  one.engine.publish({ to: 'inbox', node: 2, boot: two.boot }, Buffer.from('b'));
  one.engine.publish({ to: 'beats' }, Buffer.from('c'));
  one.engine.publish({ to: 'all' }, Buffer.from('d'));
  await settle(() => two.messages.length === 4);
  expect(two.texts).toEqual(['a', 'b', 'c', 'd']);
  expect([one.reasons, two.reasons]).toEqual([[], []]);
});

it.each([
  [
    'nats',
    natsUser(NATS_ALL, '"wsg.shop.node.>"'),
    /Permissions Violation for Subscription to "wsg\.shop\.all"/,
    /'wsg\.shop\.>'/,
  ],
  [
    'nats',
    natsUser('{ deny: "wsg.shop.beat" }', NATS_ALL),
    /Permissions Violation for Publish to "wsg\.shop\.beat"/,
    /'wsg\.shop\.>'/,
  ],
  [
    'redis',
    redisUser(['resetchannels', '&wsg:shop:node:*', '+publish', '+subscribe']),
    /NOPERM/,
    /ACL SETUSER wsg .*&wsg:shop:\*/,
  ],
  ['redis', redisUser(['resetchannels', '&wsg:shop:*', '+subscribe']), /NOPERM.*publish/, /\+publish/],
  ['redis', redisUser(['resetchannels', '&wsg:shop:*', '+publish']), /NOPERM.*subscribe/, /\+subscribe/],
] as const)('a user of %s with %j is refused with the missing permission', async (kind, settings, message, hint) => {
  const { port } = await startBroker(kind, settings);
  const one = new EngineNode({ kind, addr: urlOf(kind, port, LOGIN), node: 1 });
  const error: unknown = await one.start().catch((problem: unknown) => problem);
  expect(error).toMatchObject({
    code: 'sink.refused',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
  expect(String(error)).not.toContain('hunter2');
});

it.each([
  ['nats', natsUser(NATS_ALL, NATS_ALL), /authorization/i],
  ['redis', redisUser(REDIS_ALL), /WRONGPASS/],
] as const)('a wrong password for %s is refused and not shown', async (kind, settings, message) => {
  const { port } = await startBroker(kind, settings);
  const one = new EngineNode({ kind, addr: urlOf(kind, port, 'wsg:swordfish@'), node: 1 });
  const error: unknown = await one.start().catch((problem: unknown) => problem);
  expect(error).toMatchObject({ code: 'sink.refused', message: expect.stringMatching(message) });
  expect(JSON.stringify([String(error), error])).not.toContain('swordfish');
});
