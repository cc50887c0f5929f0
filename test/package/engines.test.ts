import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { productionPackages } from '../support/locked-packages.js';
import { acceptsNode } from '../support/node-range.js';

const { engines } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));

/**
 * The first and a late release of each line that package.json names, and a line that does not exist
 * yet.
 */
const SUPPORTED = [
  '20.15.0',
  '20.20.2',
  '22.0.0',
  '22.23.5',
  '23.0.0',
  '24.0.0',
  '24.22.3',
  '25.0.0',
  '26.0.0',
  '30.1.2',
];

describe('engines', () => {
  it('names Node 20 from 20.15, and 22 and newer', () => {
    expect(SUPPORTED.filter((version) => !acceptsNode(engines.node, version))).toEqual([]);
    expect(['18.20.0', '20.14.9', '21.7.3'].filter((version) => acceptsNode(engines.node, version))).toEqual([]);
  });

  it('names no version that any package of an installation refuses', async () => {
    const packages = await productionPackages();
    expect(packages.length).toBeGreaterThan(50);
    const refused = packages.flatMap(({ path, version, engines: range = '*' }) =>
      SUPPORTED.filter((node) => !acceptsNode(range, node)).map((node) => `${path}@${version} (${range}): ${node}`),
    );
    expect(refused).toEqual([]);
  });
});

it('ranges are read as npm reads them', () => {
  const accepted = (range: string): string[] => SUPPORTED.filter((version) => acceptsNode(range, version));
  expect(accepted('>= 22.x')).toEqual(SUPPORTED.slice(2));
  expect(accepted('18 || 20 || >=22')).toEqual(SUPPORTED);
  expect(accepted('^18.18.0 || ^20.9.0 || >=21.1.0')).toEqual(SUPPORTED);
  expect(accepted('>=20.16 <24')).toEqual(['20.20.2', '22.0.0', '22.23.5', '23.0.0']);
  expect(accepted('10.* || 20.15')).toEqual(['20.15.0']);
  expect(() => acceptsNode('latest', '20.15.0')).toThrow('not understood');
});
