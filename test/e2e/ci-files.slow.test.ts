import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { temporaryFolder } from '../support/temporary-folder.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLES = join(ROOT, 'examples', 'ci');
const SLOW = { timeout: 400_000 };

/** A step: its shell commands, and the pipelines in which it runs. */
interface Step {
  readonly run: string;
  readonly when: 'main' | 'change' | 'always';
}

/**
 * A project with a server. Its pipelines have `wsg`; `npm` and `gh` are stand-ins that only record
 * their arguments.
 */
class Project {
  readonly #env: NodeJS.ProcessEnv;

  private constructor(
    readonly folder: string,
    env: NodeJS.ProcessEnv,
  ) {
    this.#env = env;
  }

  static async create(): Promise<Project> {
    const folder = await temporaryFolder();
    const tools = join(folder, '.tools');
    await mkdir(tools);
    await copyFile(join(EXAMPLES, 'test-server.mjs'), join(folder, 'test-server.mjs'));
    const program = `"${process.execPath}" "${join(ROOT, 'bin', 'run.js')}"`;
    // The machine may be busy, so the health of the generator is ignored here.
    const wsg = `#!/bin/sh\nif [ "$1" = loadtest ]; then exec ${program} "$@" --allow-saturated; fi\nif [ "$2" = ci ]; then exec ${program} "$@" --allow-saturated; fi\nif [ "$2" = save ]; then exec ${program} "$@" --force; fi\nexec ${program} "$@"\n`;
    await commitTwice(folder);
    const silent = `#!/bin/sh\necho "$0 $*" >> "${join(folder, 'called.txt')}"\n`;
    for (const [name, text] of Object.entries({ wsg, npm: silent, gh: silent })) {
      await writeFile(join(tools, name), text, { mode: 0o755 });
    }
    const target = `ws://127.0.0.1:${await freePort()}/`;
    const path = `${tools}:${process.env['PATH'] ?? ''}`;
    return new Project(folder, { ...process.env, PATH: path, TARGET: target, DURATION: '3s' });
  }

  /**
   * Runs the steps of a pipeline in order, those marked `always` even after a failure; returns the
   * exit code of the first failure.
   */
  run(steps: readonly Step[], kind: 'main' | 'change', env: NodeJS.ProcessEnv): { code: number; output: string } {
    let code = 0;
    let output = '';
    for (const { run, when } of steps) {
      if ((code !== 0 && when !== 'always') || (when !== 'always' && when !== kind)) continue;
      const ended = spawnSync('bash', ['-e', '-c', run], {
        cwd: this.folder,
        env: { ...this.#env, ...env },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      output += `$ ${run}\n${ended.stdout}${ended.stderr}`;
      if (code === 0) code = ended.status ?? 1;
    }
    return { code, output };
  }

  has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }
}

/** Commits a change and its base, in a repository that is its own origin. */
async function commitTwice(folder: string): Promise<void> {
  const git = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  };
  git('init', '--quiet', '--initial-branch', 'main');
  for (const [key, value] of [
    ['user.name', 'nobody'],
    ['user.email', 'nobody@example.org'],
  ] as const)
    git('config', key, value);
  git('remote', 'add', 'origin', folder);
  git('add', 'test-server.mjs');
  git('commit', '--quiet', '-m', 'base');
  git('checkout', '--quiet', '-b', 'change');
  await writeFile(join(folder, 'change.txt'), 'a change');
  git('add', 'change.txt');
  git('commit', '--quiet', '-m', 'change');
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const example = (name: string): Promise<string> => readFile(join(EXAMPLES, name), 'utf8');

/**
 * Runs both kinds of pipeline: one that keeps a baseline, then one that compares a change with it.
 */
function expectPipelines(
  project: Project,
  steps: (kind: 'main' | 'change') => readonly Step[],
  env: (kind: 'main' | 'change') => NodeJS.ProcessEnv,
): void {
  const main = project.run(steps('main'), 'main', env('main'));
  expect(main.code, main.output).toBe(0);
  expect(main.output).toMatch(/new\.run saved as/);
  spawnSync('rm', ['-f', join(project.folder, 'new.run')]);
  const change = project.run(steps('change'), 'change', env('change'));
  expect([0, 10, 13], change.output).toContain(change.code);
  expect(change.output).toMatch(/(?:within budget|regression|inconclusive|improvement|invalid): /);
  expect(project.has('junit.xml')).toBe(true);
  expect(project.has('report.html')).toBe(true);
  // Base and head in turn, each from its own checkout, then the baselines.
  expect(change.output.match(/^run \d of 4: (?:base|head)$/gm)).toHaveLength(8);
  expect(project.has('.wsg/base/test-server.mjs')).toBe(true);
  expect(project.has('.wsg/base/change.txt')).toBe(false);
  // On a machine that is too busy to judge, the job stops before that.
  expect(change.code !== 0 || /\nbase \S+baselines\/main\//.test(change.output), change.output).toBe(true);
}

describe('the shell steps of the example for', () => {
  let project: Project;

  beforeEach(async () => {
    project = await Project.create();
  });

  it('GitHub Actions keep a baseline, compare with it and comment', SLOW, async () => {
    const workflow = z
      .object({
        jobs: z.object({
          'load-test': z.object({
            steps: z.array(z.object({ run: z.string().optional(), if: z.string().optional() })),
          }),
        }),
      })
      .parse(parse(await example('github-actions.yml')));
    const steps = (kind: 'main' | 'change'): readonly Step[] =>
      workflow.jobs['load-test'].steps.flatMap((step) =>
        step.run === undefined ? [] : [{ run: step.run, when: whenOf(step.if, kind) }],
      );
    expectPipelines(project, steps, () => ({
      PULL_REQUEST: '7',
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: join(project.folder, 'summary.md'),
    }));
    expect(await readFile(join(project.folder, 'summary.md'), 'utf8')).toMatch(/^\*\*/);
    expect(await readFile(join(project.folder, 'called.txt'), 'utf8')).toMatch(
      /gh pr comment 7 --body-file report\.md/,
    );
  });

  it('GitLab CI keep a baseline and compare with it', SLOW, async () => {
    const lines = z.array(z.string());
    const job = z
      .object({ 'load-test': z.object({ before_script: lines, script: lines, after_script: lines }) })
      .parse(parse(await example('gitlab-ci.yml')))['load-test'];
    // GitLab runs the lines of both as one script.
    const steps = (): readonly Step[] => [
      { run: [...job.before_script, ...job.script].join('\n'), when: 'always' },
      { run: job.after_script.join('\n'), when: 'always' },
    ];
    expectPipelines(project, steps, (kind) => ({
      CI_DEFAULT_BRANCH: 'main',
      ...(kind === 'main'
        ? { CI_COMMIT_BRANCH: 'main', CI_PIPELINE_SOURCE: 'push' }
        : { CI_PIPELINE_SOURCE: 'merge_request_event', CI_MERGE_REQUEST_DIFF_BASE_SHA: 'main' }),
    }));
    expect(JSON.parse(await readFile(join(project.folder, 'gl-code-quality-report.json'), 'utf8'))).toBeInstanceOf(
      Array,
    );
  });

  it('Jenkins keep a baseline and compare with it', SLOW, async () => {
    const stages = [...(await example('Jenkinsfile')).matchAll(/stage\('(?<name>[^']+)'\) \{(?<body>[^]*?)\n {4}\}/g)];
    const shell = (text: string): string => {
      const { long, short } = /sh (?:'''(?<long>[^]*?)'''|'(?<short>[^\n]*)')\n/.exec(text)?.groups ?? {};
      // In Groovy's strings a backslash is written twice.
      return (long ?? short ?? '').replaceAll('\\\\', '\\');
    };
    const whens: Readonly<Record<string, Step['when']>> = { compare: 'change', keep: 'main' };
    const steps = (kind: 'main' | 'change'): readonly Step[] => [
      ...stages.map(({ groups = {} }) => ({
        run: shell(groups['body'] ?? ''),
        when: whens[groups['name'] ?? ''] ?? kind,
      })),
      { run: 'if [ -f server.pid ]; then kill "$(cat server.pid)"; rm server.pid; fi', when: 'always' },
    ];
    expect(stages.map(({ groups }) => groups?.['name'])).toEqual(['install', 'compare', 'keep']);
    expectPipelines(project, steps, () => ({ BASELINES: join(project.folder, 'baselines'), CHANGE_TARGET: 'main' }));
  });
});

/** Reads the conditions that the example uses; throws for any other. */
function whenOf(condition: string | undefined, kind: 'main' | 'change'): Step['when'] {
  switch (condition) {
    case undefined:
      return kind;
    case 'always()':
      return 'always';
    case "github.event_name == 'push'":
      return 'main';
    case "github.event_name == 'pull_request'":
      return 'change';
    case "always() && github.event_name == 'pull_request'":
      return kind === 'change' ? 'always' : 'change';
    default:
      throw new Error(`what is ${condition}?`);
  }
}

// Other tests run at the same time, so these real runs get a second try.
it('a pull request passes when it is not slower, and is stopped when it is', { ...SLOW, retry: 1 }, async () => {
  const child = spawn(process.execPath, [join(EXAMPLES, 'pull-request.mjs')], {
    env: { ...process.env, SECONDS: '4' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const [code]: unknown[] = await once(child, 'exit');
  expect(code, output).toBe(0);
  expect(output).toMatch(/as a comment: \*\*✗ regression\*\*/);
  expect(output).toMatch(/the good change ended with 0, wanted 0; the slow one with 10, wanted 10/);
});
