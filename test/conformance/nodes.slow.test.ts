import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TESTED_NODE_VERSIONS } from '../../src/gateway/doctor/judge-software.js';
import { runHarness } from '../support/harness-process.js';
import { runWsg } from '../support/wsg-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RUN_BOUND_MS = 240_000;
/** Name of the first test below. */
const ITS_NAME = 'the version of Node that the tests run on';
const [LOWEST] = TESTED_NODE_VERSIONS;

const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');

describe('the version of Node that the tests run on', () => {
  it('is the wanted one, also in a wsg that a test starts and on the PATH', async () => {
    const wanted = process.env.WSG_TESTED_NODE ?? process.version;
    expect(process.version).toBe(wanted);
    expect((await runWsg(['--version'])).stdout).toContain(`node-${wanted}\n`);
    if (process.env.WSG_TESTED_NODE === undefined) return;
    const { stdout } = await promisify(execFile)('node', ['--version']);
    expect(stdout.trim()).toBe(wanted);
  });
});

describe('npm run conformance -- nodes', () => {
  it(
    'runs tests on the version that it is told',
    async () => {
      const { code, output } = await runHarness('nodes', [
        '--node',
        LOWEST,
        '--tests',
        import.meta.filename,
        '-t',
        ITS_NAME,
      ]);
      expect(output).toMatch(/^\| v20\.15\.0 \| 1 passed, 0 failed, \d+ left out \|/m);
      expect(code).toBe(0);
    },
    RUN_BOUND_MS,
  );

  it(
    'fails when a test does',
    async () => {
      const { code, output } = await runHarness('nodes', ['--node', LOWEST, '--tests', 'no-test-has-this-path']);
      expect(output).toMatch(/^\| v20\.15\.0 \| 0 passed, 0 failed \|/m);
      expect(code).toBe(1);
    },
    RUN_BOUND_MS,
  );
});

describe('the tested versions of Node', () => {
  it('begin with the lowest one that engines allows', async () => {
    const { engines } = JSON.parse(await read('package.json'));
    expect(engines.node).toBe(`^${LOWEST} || >=22.0.0`);
  });

  it.each(['README.md', 'docs/guide/conformance.md'])('are stated in %s', async (page) => {
    const list = `${TESTED_NODE_VERSIONS.slice(0, -1).join(', ')} and ${TESTED_NODE_VERSIONS.at(-1)}`;
    expect(await read(page)).toContain(list);
  });

  it.each([
    ['examples/ci/github-actions.yml', /node-version: (\S+)/],
    ['examples/ci/gitlab-ci.yml', /image: node:(\d+)/],
    ['examples/ci/Jenkinsfile', /image 'node:(\d+)'/],
    ['examples/docker/Dockerfile', /FROM node:(\d+)/],
  ])('have the one that %s uses', async (example, pattern) => {
    const [, version] = pattern.exec(await read(example)) ?? [];
    expect(TESTED_NODE_VERSIONS).toContain(version);
  });
});
