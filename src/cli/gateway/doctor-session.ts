import { WsgError } from '../../core/error.js';
import { diagnose, loadConfig, type Diagnosis, type Finding } from '../../gateway/index.js';
import { EXIT_CODE, exitCodeOfError, type ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { formatCheckLines } from './check-session.js';

/** The arguments of one `wsg doctor`. */
export interface DoctorInvocation {
  readonly connections: number;
  readonly config: string | undefined;
  readonly json: boolean;
  readonly output: Output;
}

/**
 * Prints versions and limits of this machine. Returns 0, 104 for an invalid configuration, or 15 if
 * its transport cannot run.
 */
export async function runDoctor({ connections, config, json, output }: DoctorInvocation): Promise<ExitCode> {
  const read = readConfiguration(config);
  const diagnosis = await diagnose(connections, read.transport);
  const findings = [...read.findings, ...diagnosis.findings];
  const exitCode = exitCodeOf(read, findings);
  const examined = { ...diagnosis, findings, exitCode };
  output.stdout.write(
    json ? `${JSON.stringify(diagnosisRecord(examined))}\n` : diagnosisText(examined, output.stdout.useColor),
  );
  return exitCode;
}

interface ReadConfiguration {
  readonly findings: readonly Finding[];
  readonly transport: 'uws' | 'ws';
  readonly error: WsgError | undefined;
}

type Examined = Diagnosis & { readonly exitCode: ExitCode };

/** Reads the configuration as a start would: file, environment and defaults. */
function readConfiguration(path: string | undefined): ReadConfiguration {
  const name = 'configuration';
  try {
    const { config, source, warnings } = loadConfig({ path, cwd: process.cwd(), env: process.env });
    const value = source.kind === 'file' ? source.path : 'defaults (no config.yml in the current directory)';
    const findings: Finding[] = [
      { name, level: 'ok', value, meaning: '`wsg serve --check` also tries its sinks, ports and files.' },
    ];
    for (const meaning of warnings) findings.push({ name, level: 'warning', value: 'needs attention', meaning });
    return { findings, transport: config.transport === 'uws' ? 'uws' : 'ws', error: undefined };
  } catch (error) {
    if (!(error instanceof WsgError)) throw error;
    const problems = error.problems.length > 0 ? error.problems : [error.message];
    const findings = problems.map((meaning): Finding => ({ name, level: 'failed', value: 'cannot be used', meaning }));
    return { findings, transport: 'ws', error };
  }
}

function exitCodeOf({ error }: ReadConfiguration, findings: readonly Finding[]): ExitCode {
  if (error !== undefined) return exitCodeOfError(error);
  return findings.some(({ level }) => level === 'failed') ? EXIT_CODE.cannotStart : EXIT_CODE.ok;
}

/** Formats a diagnosis for people. */
export function diagnosisText(diagnosis: Omit<Diagnosis, 'software'>, colour: boolean): string {
  const lines = formatCheckLines(
    diagnosis.findings.map((finding) => ({
      level: finding.level,
      text: `${finding.name}: ${finding.value}${aboutConnections(finding.connections)}`,
      more: [finding.meaning, ...fixLines(finding)],
    })),
    colour,
  );
  return `${lines}\n${verdictSentence(diagnosis)}\n`;
}

/** Formats the result for programs. The keys are stable. */
function diagnosisRecord({ platform, wanted, connections, boundBy, findings, software, exitCode }: Examined): object {
  const checks = findings.map(({ name, level, value, meaning, connections: allows, fixes }) => {
    return { name, level, value, meaning, connections: allows ?? null, mend: fixes ?? [] };
  });
  const { wsg, node, abi, glibc, transport, uws } = software;
  const versions = { wsg, node, abi, glibc: glibc ?? null };
  const bounds = { wanted, connections: connections ?? null, bound_by: boundBy ?? null };
  return { platform, versions, transport, uws, ...bounds, exit_code: exitCode, checks };
}

function fixLines({ fixes = [], connections }: Finding): string[] {
  const lead = connections === undefined ? 'fix:' : 'to raise it:';
  return fixes.map((command, index) => `${index === 0 ? lead : 'or:'} ${command}`);
}

function aboutConnections(connections: number | undefined): string {
  if (connections === undefined) return '';
  return connections === Number.MAX_SAFE_INTEGER
    ? ', no limit'
    : `, about ${connections.toLocaleString('en')} connections`;
}

function verdictSentence({ wanted, connections, boundBy, platform }: Omit<Diagnosis, 'software'>): string {
  if (connections === undefined) return `No limit on connections could be read on ${platform}.`;
  const figure = connections.toLocaleString('en');
  const judgement = connections >= wanted ? 'enough' : 'too few';
  return `One gateway on this machine holds about ${figure} connections, ${judgement} for ${wanted.toLocaleString('en')}. Tightest limit: ${boundBy ?? ''}.`;
}
