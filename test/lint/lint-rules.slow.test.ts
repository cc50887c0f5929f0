import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../..');

interface Planted {
  readonly rule: string;
  readonly path: string;
  readonly source: string;
}

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

/** A folder, and what its files may not import. */
const IMPORT_VIOLATIONS: readonly (readonly [string, string])[] = [
  ['src/core', '../run-file/thing.js'],
  ['src/core', '../gateway/bus/thing.js'],
  ['src/run-file', '../summary/thing.js'],
  ['src/json-path', '../script-compiler/thing.js'],
  ['src/summary/terminal', '../../report/thing.js'],
  ['src/summary/terminal', '../../loadgen/thing.js'],
  ['src/report/compare/evidence', '../../../gateway/thing.js'],
  ['src/report', '../loadgen/thing.js'],
  ['src/loadgen/script/modules/http', '../../../../gateway/thing.js'],
  ['src/loadgen', '../report/thing.js'],
  ['src/gateway', '../loadgen/thing.js'],
  ['src/gateway/sinks/nats', '../../../report/thing.js'],
  ['src/gateway', '../summary/thing.js'],
  ['src/gateway', '../cli/thing.js'],
  ['src/cli/report', '../../commands/thing.js'],
  // Rooms: upwards, and to a neighbour on the same floor.
  ['src/gateway/delivery', '../outbox/thing.js'],
  ['src/gateway/delivery', '../event/thing.js'],
  ['src/gateway/transport/http', '../../connection/thing.js'],
  ['src/gateway/transport/ws', '../uws/thing.js'],
  ['src/gateway/sinks/nats', '../amqp/thing.js'],
  ['src/gateway/sinks/nats', '../../outbox/thing.js'],
  ['src/gateway/outbox/log', '../letters/thing.js'],
  ['src/loadgen/executor', '../client/thing.js'],
  ['src/loadgen/script/runtime', '../modules/thing.js'],
  ['src/loadgen/script/modules/http', '../sockets/thing.js'],
  ['src/cli/report', '../loadtest/thing.js'],
  ['src/summary/terminal', '../k6/thing.js'],
  // Packages.
  ['src/gateway/delivery', 'uWebSockets.js'],
  ['src/gateway/delivery', 'ws'],
  ['src/gateway/transport/ws', 'ws/lib/receiver.js'],
  ['src/loadgen/scenario', 'ws'],
  ['src/summary', 'hdr-histogram-js'],
  ['src/gateway', 'pino'],
  ['src/loadgen', 'prom-client'],
  ['src/core', 'yaml'],
  ['src/report', 'cli-table3'],
  ['src/gateway/sinks', '@redis/client'],
  ['src/gateway/sinks', 'amqplib'],
  ['src/gateway/sinks', '@nats-io/transport-node'],
  ['src/gateway/sinks/nats', '@nats-io/jetstream'],
  ['src/gateway/access', 'jose'],
  ['src/loadgen/plan', 'esbuild'],
  ['src/loadgen/script/modules', 'acorn'],
  ['src/summary/k6', '@oclif/core/flags'],
];

const planted: readonly Planted[] = [
  ...IMPORT_VIOLATIONS.flatMap(([folder, barred], index) => [
    {
      rule: 'eslint(no-restricted-imports)',
      path: `${folder}/planted-${index}.ts`,
      source: `import { thing } from '${barred}';\nexport const value = thing;\n`,
    },
    {
      rule: 'eslint(no-restricted-imports)',
      path: `${folder}/planted-type-${index}.ts`,
      source: `import type { Thing } from '${barred}';\nexport type Other = Thing;\n`,
    },
  ]),
  {
    rule: 'import(no-cycle)',
    path: 'src/core/cycle-a.ts',
    source: `import { b } from './cycle-b.js';\nexport const a = (): number => b();\n`,
  },
  {
    rule: 'import(no-cycle)',
    path: 'src/core/cycle-b.ts',
    source: `import { a } from './cycle-a.js';\nexport const b = (): number => a();\n`,
  },
  {
    rule: 'import(no-cycle)',
    path: 'src/core/type-cycle-a.ts',
    source: `import type { B } from './type-cycle-b.js';\nexport type A = B | string;\n`,
  },
  {
    rule: 'import(no-cycle)',
    path: 'src/core/type-cycle-b.ts',
    source: `import type { A } from './type-cycle-a.js';\nexport type B = A | number;\n`,
  },
  { rule: 'eslint(max-lines)', path: 'src/core/long-file.ts', source: lines(401, (i) => `export const v${i} = ${i};`) },
  {
    rule: 'eslint(max-lines-per-function)',
    path: 'src/core/long-function.ts',
    source: `export function long(): void {\n${lines(50, (i) => `  globalThis.name = '${i}';`)}\n}\n`,
  },
  {
    rule: 'eslint(max-params)',
    path: 'src/core/parameters.ts',
    source: `export function many(a: number, b: number, c: number, d: number, e: number): number {\n  return a + b + c + d + e;\n}\n`,
  },
  {
    rule: 'eslint(max-depth)',
    path: 'src/core/depth.ts',
    source: `export function deep(a: boolean): number {\n  if (a) {\n    while (a) {\n      for (;;) {\n        if (a) return 1;\n      }\n    }\n  }\n  return 0;\n}\n`,
  },
  {
    rule: 'eslint(complexity)',
    path: 'src/core/complexity.ts',
    source: `export function branchy(n: number): string {\n${lines(10, (i) => `  if (n === ${i}) return '${i}';`)}\n  return '';\n}\n`,
  },
  {
    rule: 'typescript(no-floating-promises)',
    path: 'src/core/floating.ts',
    source: `export function float(): void {\n  Promise.resolve(1);\n}\n`,
  },
  {
    rule: 'typescript(no-explicit-any)',
    path: 'src/core/any.ts',
    source: `export function loose(value: any): void {\n  void value;\n}\n`,
  },
  {
    rule: 'typescript(no-non-null-assertion)',
    path: 'src/core/bang.ts',
    source: `export const length = (text: string | undefined): number => text!.length;\n`,
  },
  {
    rule: 'typescript(consistent-type-assertions)',
    path: 'src/core/assertion.ts',
    source: `export const text = (value: unknown): string => value as string;\n`,
  },
  {
    rule: 'import(no-default-export)',
    path: 'src/core/default.ts',
    source: `export default function main(): void {}\n`,
  },
  {
    rule: 'unicorn(no-process-exit)',
    path: 'src/core/exit.ts',
    source: `export function leave(): void {\n  process.exit(1);\n}\n`,
  },
  {
    rule: 'eslint(no-console)',
    path: 'src/core/console.ts',
    source: `export function say(): void {\n  console.log(1);\n}\n`,
  },
  {
    rule: 'vitest(no-focused-tests)',
    path: 'test/focused.test.ts',
    source: `import { it } from 'vitest';\nit.only('runs alone', () => undefined);\n`,
  },
];

const CONFIGURATION = ['.oxlintrc.json', '.oxlintrc.imports.json', 'tsconfig.json', 'package.json'];

const Report = z.object({
  diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })),
});

function lint(folder: string): z.infer<typeof Report> {
  const oxlint = join(root, 'node_modules/.bin/oxlint');
  const result = spawnSync(oxlint, ['--type-aware', '--format', 'json'], { cwd: folder, encoding: 'utf8' });
  return Report.parse(JSON.parse(result.stdout));
}

describe('the lint rules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-lint-'));
  const found = new Set<string>();

  beforeAll(() => {
    for (const file of CONFIGURATION) cpSync(join(root, file), join(folder, file));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const { path, source } of planted) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), source);
    }
    for (const { code, filename } of lint(folder).diagnostics) found.add(`${code} ${filename}`);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(planted)('$rule fires in $path', ({ rule, path }) => {
    expect([...found].filter((entry) => entry.endsWith(` ${path}`))).toContain(`${rule} ${path}`);
  });

  it('say nothing about a file that keeps them', () => {
    const clean = join(folder, 'clean');
    mkdirSync(join(clean, 'src/summary'), { recursive: true });
    for (const file of CONFIGURATION) cpSync(join(root, file), join(clean, file));
    writeFileSync(
      join(clean, 'src/summary/good.ts'),
      `import { thing } from '../core/thing.js';\n${lines(360, () => '// A comment.')}\n\nexport const value = thing;\n`,
    );
    expect(lint(clean).diagnostics).toEqual([]);
  });
});

describe('the sources', () => {
  it('switch no rule off in place', () => {
    const comments = 'oxlint-disable|eslint-disable|@ts-(ignore|expect-error|nocheck)';
    const result = spawnSync('git', ['grep', '-nE', comments, '--', 'src', 'bin', 'bench', 'test', ':!test/lint'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(result.stdout).toBe('');
  });

  it('are tracked by git without build output', () => {
    const tracked = execFileSync('git', ['ls-files', 'dist', 'node_modules', 'runs'], { cwd: root, encoding: 'utf8' });
    expect(tracked).toBe('');
  });
});
