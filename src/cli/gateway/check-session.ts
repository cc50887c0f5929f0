import { createPalette, type Palette } from '../../summary/index.js';
import { WsgError } from '../../core/error.js';
import { checkGateway, loadConfig, type CheckResult } from '../../gateway/index.js';
import { EXIT_CODE, exitCodeOfError, type ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { configOverrides, type GatewayFlags } from './gateway-flags.js';

/** One result as text for people. */
export interface CheckLine {
  readonly level: 'ok' | 'warning' | 'failed' | 'unknown';
  /** The first line, after the mark. */
  readonly text: string;
  /** Further lines, indented below it. */
  readonly more: readonly string[];
}

const MARKS = { ok: '✓', warning: '!', failed: '✗', unknown: '?' } as const;

/** Formats each result as a line with its mark, with its further lines indented below. */
export function formatCheckLines(lines: readonly CheckLine[], colour: boolean): string {
  const palette = createPalette(colour);
  return lines.map((line) => formatCheckLine(line, palette)).join('');
}

function formatCheckLine({ level, text, more }: CheckLine, palette: Palette): string {
  const paint = { ok: palette.pass, warning: palette.warn, failed: palette.fail, unknown: palette.faint }[level];
  return `${paint(MARKS[level])} ${text}\n${more.map((line) => `    ${line}\n`).join('')}`;
}

/** The arguments of one `wsg serve --check`. */
export interface CheckInvocation {
  readonly flags: Pick<GatewayFlags, 'config' | 'listen' | 'transport' | 'workers'>;
  readonly json: boolean;
  readonly output: Output;
  /** Timeout for each backend; shorter in tests. */
  readonly timeoutMs?: number;
}

interface Checked {
  readonly checks: readonly CheckResult[];
  readonly exitCode: ExitCode;
}

/** Prints the results and returns the exit code that a start would end with: 0, 104 or 15. */
export async function runCheck(invocation: CheckInvocation): Promise<ExitCode> {
  const checked = await check(invocation);
  const { stdout } = invocation.output;
  stdout.write(invocation.json ? `${JSON.stringify(checkedRecord(checked))}\n` : checkedText(checked, stdout.useColor));
  return checked.exitCode;
}

async function check({ flags, timeoutMs }: CheckInvocation): Promise<Checked> {
  const loaded = load(flags);
  if (loaded instanceof WsgError) {
    const problems = loaded.problems.length > 0 ? loaded.problems : [loaded.message];
    const checks = problems.map((detail) => ({ name: 'configuration', level: 'failed', detail }) as const);
    return { checks, exitCode: exitCodeOfError(loaded) };
  }
  const { config, source, warnings, notices } = loaded;
  const origin = source.kind === 'file' ? source.path : 'defaults (no config.yml in the current directory)';
  const checks: CheckResult[] = [
    { name: 'configuration', level: 'ok', detail: origin },
    ...warnings.map((detail) => ({ name: 'configuration', level: 'warning', detail }) as const),
    ...notices.map((detail) => ({ name: 'configuration', level: 'ok', detail }) as const),
    ...(await checkGateway(config, timeoutMs)),
  ];
  const isWell = checks.every(({ level }) => level !== 'failed');
  return { checks, exitCode: isWell ? EXIT_CODE.ok : EXIT_CODE.cannotStart };
}

function load(flags: CheckInvocation['flags']): ReturnType<typeof loadConfig> | WsgError {
  try {
    return loadConfig({ path: flags.config, cwd: process.cwd(), env: process.env, overrides: configOverrides(flags) });
  } catch (error) {
    if (error instanceof WsgError) return error;
    throw error;
  }
}

function checkedText({ checks }: Checked, colour: boolean): string {
  const lines = formatCheckLines(
    checks.map(({ name, level, detail, hint }) => ({
      level,
      text: `${name}: ${detail}`,
      more: hint === undefined ? [] : [hint],
    })),
    colour,
  );
  const failed = checks.filter(({ level }) => level === 'failed').length;
  const warned = checks.filter(({ level }) => level === 'warning').length;
  const warnings = warned === 1 ? '1 warning' : `${warned} warnings`;
  return `${lines}\n${failed} failed, ${warnings}, ${checks.length - failed - warned} ok\n`;
}

/** Formats the result for programs. The keys are stable. */
function checkedRecord({ checks, exitCode }: Checked): object {
  return {
    ok: exitCode === EXIT_CODE.ok,
    exit_code: exitCode,
    checks: checks.map(({ name, level, detail, hint }) => ({ name, level, detail, hint: hint ?? null })),
  };
}
