import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readRun } from '../../src/run-file/index.js';
import { LoadTarget } from '../support/load-target.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SLOW = { timeout: 200_000 };
const COUNT = 4;
/** Time for four processes on a busy machine to reach the common start. */
const SHORT = { VUS: '8', RATE: '40', DURATION: '4s', LEAD_SECONDS: '2' };

const example = async (name: string): Promise<unknown> =>
  parse(await readFile(join(ROOT, 'examples', 'ci', name), 'utf8'));

let target: LoadTarget;

beforeAll(async () => {
  target = new LoadTarget((socket) => socket.on('message', (bytes: Buffer) => socket.send(bytes, { binary: false })));
  await target.start();
});

afterAll(() => target.stop());

interface Shell {
  readonly folder: string;
  run(script: string, env?: NodeJS.ProcessEnv): Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Runs shell steps in a folder that has `wsg`; `npm` is a stand-in that does nothing. */
async function createShell(): Promise<Shell> {
  const folder = await temporaryFolder();
  const tools = join(folder, '.tools');
  await mkdir(tools);
  const program = `"${process.execPath}" "${join(ROOT, 'bin', 'run.js')}"`;
  // The machine may be busy, so the health of the generator is ignored here.
  const wsg = `#!/bin/sh\ncase "$1 $2" in loadtest*|'report merge') exec ${program} "$@" --allow-saturated ;; esac\nexec ${program} "$@"\n`;
  await writeFile(join(tools, 'wsg'), wsg, { mode: 0o755 });
  await writeFile(join(tools, 'npm'), '#!/bin/sh\n', { mode: 0o755 });
  const common = { ...process.env, ...SHORT, PATH: `${tools}:${process.env['PATH'] ?? ''}`, TARGET: target.url };
  return {
    folder,
    async run(script, env = {}) {
      const child = spawn('bash', ['-e', '-c', script], {
        cwd: folder,
        env: { ...common, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
      await once(child, 'close');
      return { code: child.exitCode, output };
    },
  };
}

/** The merged run of all shards has the whole load, and its job ends with the verdict on it. */
async function expectMerged({ folder }: Shell, merged: { readonly code: number | null; readonly output: string }) {
  expect(await readdir(join(folder, 'shards'))).toEqual(['1.run', '2.run', '3.run', '4.run']);
  // A machine that is too busy to start four processes within 5 s gives an invalid run.
  expect([0, 13], merged.output).toContain(merged.code);
  const { header, end } = await readRun(join(folder, 'merged.run'));
  expect(header).toMatchObject({ vus: 8, shards: { length: COUNT } });
  expect(header).not.toHaveProperty('share');
  expect(end.totals.counters['ws_sessions']).toBe(8);
  expect(merged.code === 0 || end.invalid !== undefined, merged.output).toBe(true);
  expect(await readdir(folder)).toContain('report.html');
}

const numbers = Array.from({ length: COUNT }, (_, place) => String(place + 1));

describe('the shell steps of the example of shards for', () => {
  it('GitHub Actions start together, merge and give one verdict', SLOW, async () => {
    const steps = z.object({ steps: z.array(z.object({ run: z.string().optional(), if: z.string().optional() })) });
    const matrix = z.object({ strategy: z.object({ matrix: z.object({ shard: z.array(z.number()) }) }) });
    const workflow = z
      .object({ jobs: z.object({ start: steps, shard: steps.extend(matrix.shape), merge: steps }) })
      .parse(await example('shards-github-actions.yml'));
    const { start, shard, merge } = workflow.jobs;
    expect(shard.strategy.matrix.shard.map(String)).toEqual(numbers);
    const shell = await createShell();
    const scriptOf = (job: z.infer<typeof steps>): string => job.steps.flatMap(({ run = [] }) => run).join('\n');
    const outputs = join(shell.folder, 'outputs');
    await shell.run(scriptOf(start), { GITHUB_OUTPUT: outputs });
    const START_AT = /^at=(\d+)$/m.exec(await readFile(outputs, 'utf8'))?.[1];
    const script = scriptOf(shard);
    const endings = await Promise.all(
      numbers.map((INDEX) => shell.run(script, { INDEX, COUNT: String(COUNT), START_AT })),
    );
    for (const { code, output } of endings) expect(code, output).toBe(0);
    const [always, checked] = [merge.steps.filter((step) => step.if !== undefined), merge.steps];
    const merged = await shell.run(
      checked.flatMap((step) => (step.if === undefined ? (step.run ?? []) : [])).join('\n'),
    );
    await shell.run(always.flatMap(({ run = [] }) => run).join('\n'));
    await expectMerged(shell, merged);
  });

  it('GitLab CI start together, merge and give one verdict', SLOW, async () => {
    const lines = z.array(z.string());
    const { start, shard, merge } = z
      .object({
        start: z.object({ script: lines }),
        shard: z.object({ parallel: z.number(), before_script: lines, script: lines }),
        merge: z.object({ before_script: lines, script: lines, after_script: lines }),
      })
      .parse(await example('shards-gitlab-ci.yml'));
    expect(shard.parallel).toBe(COUNT);
    const shell = await createShell();
    await shell.run(start.script.join('\n'));
    const START_AT = /^START_AT=(\d+)$/m.exec(await readFile(join(shell.folder, 'start.env'), 'utf8'))?.[1];
    const script = [...shard.before_script, ...shard.script].join('\n');
    const endings = await Promise.all(
      numbers.map((index) =>
        shell.run(script, { CI_NODE_INDEX: index, CI_NODE_TOTAL: String(shard.parallel), START_AT }),
      ),
    );
    for (const { code, output } of endings) expect(code, output).toBe(0);
    const merged = await shell.run([...merge.before_script, ...merge.script].join('\n'));
    await shell.run(merge.after_script.join('\n'));
    await expectMerged(shell, merged);
  });
});
