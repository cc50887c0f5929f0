import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Finding } from '../../../src/gateway/doctor/judge-machine.js';
import { judgeSoftware } from '../../../src/gateway/doctor/judge-software.js';
import type { Machine } from '../../../src/gateway/doctor/machine.js';
import { acceptsNode } from '../../support/node-range.js';

type Software = Pick<Machine, 'platform' | 'wsg' | 'node' | 'abi' | 'glibc' | 'transport' | 'uws'>;

const HERE: Software = {
  platform: 'linux',
  wsg: '0.1.0',
  node: '22.1.0',
  abi: '127',
  glibc: '2.36',
  transport: 'ws',
  uws: { state: 'not installed', reason: 'It is not there.', hint: 'Install it.' },
};

function find(change: Partial<Software>, name: string): Finding | undefined {
  return judgeSoftware({ ...HERE, ...change }).find((finding) => finding.name === name);
}

it('warns of nothing on the default transport', () => {
  expect(judgeSoftware(HERE).map(({ name, level, value }) => `${level} ${name}: ${value}`)).toEqual([
    'ok wsg: 0.1.0',
    'ok Node: 22.1.0, ABI 127',
    'ok C library: glibc 2.36',
    'ok transport: ws',
    'ok transport uws: not installed',
  ]);
});

it('warns of the versions of Node that package.json does not name', async () => {
  const { engines } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
  for (const node of ['18.20.0', '20.14.0', '20.15.0', '20.20.2', '21.7.0', '22.0.0', '23.1.0', '24.0.0', '27.0.0']) {
    expect([node, find({ node }, 'Node')?.level]).toEqual([node, acceptsNode(engines.node, node) ? 'ok' : 'warning']);
  }
});

it('detects a system without glibc', () => {
  expect(find({ glibc: undefined }, 'C library')?.value).toBe('not glibc (musl on Alpine)');
  expect(find({ glibc: undefined, platform: 'darwin' }, 'C library')?.value).toBe('that of darwin');
});

it('fails uws that is configured and cannot run, and otherwise warns only of a package that does not load', () => {
  const broken = { state: 'does not load', reason: 'It needs glibc 2.38.', hint: 'Take a newer system.' } as const;
  expect(find({ transport: 'uws' }, 'transport uws')).toMatchObject({ level: 'failed', fixes: ['Install it.'] });
  expect(find({ transport: 'uws', uws: broken }, 'transport uws')).toMatchObject({
    level: 'failed',
    meaning: 'It needs glibc 2.38.',
  });
  expect(find({ uws: broken }, 'transport uws')?.level).toBe('warning');
});

it('names the binary of uws, its hash and the result of its self-test', () => {
  const native = { package: 'uWebSockets.js@20.52.0', path: '/a/uws.node', sha256: 'abc' };
  const limit = { check: 'two Content-Lengths', observed: 'taken', consequence: 'x' };
  expect(find({ uws: { state: 'runs', native, limits: [limit] } }, 'transport uws')).toMatchObject({
    level: 'ok',
    value: 'runs, uWebSockets.js@20.52.0',
    meaning: '/a/uws.node, sha256 abc. Self-test: two Content-Lengths: taken.',
  });
  const sound = find({ uws: { state: 'runs', native, limits: [] } }, 'transport uws');
  expect(sound?.meaning).toContain('Self-test: no faults.');
});
