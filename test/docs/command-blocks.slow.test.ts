import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Block, readBlocks } from './markdown-blocks.js';
import { commandsFor } from './givens.js';

const ROOT = join(import.meta.dirname, '../..');
const BLOCK_BOUND_MS = 150_000;

const guides = readdirSync(join(ROOT, 'docs/guide')).filter((name) => name.endsWith('.md'));
const PAGES = ['README.md', ...guides.sort().map((name) => `docs/guide/${name}`)];

const readPage = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** A network and processes of a block's own, so that its ports are free and nothing outlives it. */
const NAMESPACES = [['--net', '--pid', '--fork', '--kill-child', '--mount-proc']];
const namespace = NAMESPACES.find((options) => spawnSync('unshare', [...options, 'true']).status === 0);

/** `wsg` of this checkout; loads last a second or two, and a busy machine does not fail them. */
const WRAPPER = `#!/usr/bin/env bash
arguments=() previous=''
for argument; do
  case "$previous" in
    --duration | -d) argument=2s ;;
    --stage) argument="1s:\${argument#*:}" ;;
  esac
  arguments+=("$argument")
  previous="$argument"
done
case "$* " in
  'loadtest new '* | 'loadtest inspect '*) ;;
  loadtest*) arguments+=(--allow-saturated) ;;
esac
exec '${process.execPath}' '${join(ROOT, 'bin/run.js')}' "\${arguments[@]}"
`;

/** A folder for the blocks of one page, which run in order as a reader would type them. */
function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-page-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/wsg'), WRAPPER);
  chmodSync(join(folder, 'bin/wsg'), 0o755);
  return folder;
}

interface BlockEnding {
  readonly code: number | null;
  readonly output: string;
}

function runBlock(block: Block, page: string, folder: string): Promise<BlockEnding> {
  const network = namespace === undefined ? '' : 'ip link set lo up';
  const script = ['set -euo pipefail', network, ...block.given.map((given) => commandsFor(given, page)), block.text];
  const shell = ['bash', '-c', script.join('\n')];
  const [command, args] = namespace === undefined ? ['env', shell] : ['unshare', [...namespace, ...shell]];
  const child = spawn(command, args, {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
      NODE_ENV: undefined,
      // Keeps loads short whose blocks give no duration.
      WSG_DURATION: '2s',
      WSG_GRACEFUL_STOP: '1s',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(end, BLOCK_BOUND_MS - 10_000);
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      clearTimeout(timer);
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Everything that the block started has ended by itself.
      }
      resolve({ code, output });
    });
  });
}

const isRun = ({ language, notRun }: Block): boolean => language === 'sh' && notRun === undefined;

describe.each(PAGES.filter((page) => readBlocks(readPage(page)).some(isRun)))('the commands of %s', (page) => {
  const text = readPage(page);
  const folder = scratchFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const blocks = readBlocks(text).filter(isRun);

  it.for(blocks)('run, those from line $line on', { timeout: BLOCK_BOUND_MS }, async (block) => {
    const { code, output } = await runBlock(block, text, folder);
    expect(block.endsWith, `ended with ${code}:\n${output.slice(-3000)}`).toContain(code);
  });
});

/** The blocks of README.md that are followed by what they print, which holds as long as they end with 0. */
const shown = readBlocks(readPage('README.md')).flatMap((block, index, all) => {
  const next = all[index + 1];
  const isShown = isRun(block) && block.endsWith.length === 1 && next?.language === 'text';
  return isShown ? [{ block, lines: next.text.split('\n') }] : [];
});

/** The part of a line that no run changes: without ids, folders and figures, and dots for left-out text. */
function fixedPart(line: string): string {
  const [label = ''] = line.trim().split(/\.{3,}| {2,}/);
  return label
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replaceAll(/\/\S*(?=\/outbox)/g, 'FOLDER')
    .trim();
}

describe('README.md', () => {
  const folder = scratchFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.for(shown)('shows what the block in line $block.line prints', { timeout: BLOCK_BOUND_MS }, async (example) => {
    const { output } = await runBlock(example.block, readPage('README.md'), folder);
    const printed = output.split('\n').map(fixedPart);
    const missing = example.lines.map(fixedPart).filter((part) => !printed.some((line) => line.includes(part)));
    expect(missing, output).toEqual([]);
  });

  it('shows the conversation, the check and a load', () => {
    expect(shown).toHaveLength(3);
  });
});

/** Every block that is not run, by page. A new one belongs here, with its reason in the page. */
const NOT_RUN: Readonly<Record<string, number>> = {
  'README.md': 2,
  'docs/guide/ci.md': 1,
  'docs/guide/conformance.md': 6,
  'docs/guide/fifty-thousand-connections.md': 1,
  'docs/guide/scaling.md': 1,
};

describe('the pages', () => {
  it('name the blocks that are not run, with a reason each', () => {
    const counts = PAGES.map((page) => {
      const left = readBlocks(readPage(page)).filter(({ notRun }) => notRun !== undefined);
      return [page, left.length] as const;
    });
    expect(Object.fromEntries(counts.filter(([, count]) => count > 0))).toEqual(NOT_RUN);
  });

  it('have their commands in blocks of the language sh', () => {
    const COMMAND = /^(?:\$ )?(?:wsg|npm|npx|curl|node|docker|git|sudo) /m;
    const elsewhere = PAGES.flatMap((page) => {
      const text = readPage(page);
      const others = readBlocks(text).filter((block) => block.language !== 'sh' && COMMAND.test(block.text));
      const indented = /\n\n {4}(?:wsg|npm|npx|curl|node|docker|git|sudo) .*/.exec(text) ?? [];
      return [...others.map(({ line }) => `${page}:${line}`), ...indented.map((block) => `${page}: ${block.trim()}`)];
    });
    expect(elsewhere).toEqual([]);
  });
});
