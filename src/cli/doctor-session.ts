import { diagnose, type Diagnosis, type Finding } from '../gateway/index.js';
import type { Output } from './output.js';
import { verdictLines } from './verdict-lines.js';

/** One `wsg doctor` as it was typed. */
export interface DoctorInvocation {
  readonly connections: number;
  readonly json: boolean;
  readonly output: Output;
}

/** Prints what bounds connections on this machine. */
export async function runDoctor({ connections, json, output }: DoctorInvocation): Promise<void> {
  const diagnosis = await diagnose(connections);
  output.stdout.write(
    json ? `${JSON.stringify(diagnosisRecord(diagnosis))}\n` : diagnosisText(diagnosis, output.stdout.useColor),
  );
}

/** For people. */
export function diagnosisText(diagnosis: Diagnosis, colour: boolean): string {
  const lines = verdictLines(
    diagnosis.findings.map((finding) => ({
      level: finding.level,
      text: `${finding.name}: ${finding.value}${aboutConnections(finding.connections)}`,
      more: [finding.meaning, ...mendLines(finding)],
    })),
    colour,
  );
  return `${lines}\n${verdictSentence(diagnosis)}\n`;
}

/** For programs: one object, whose keys stay. */
function diagnosisRecord({ platform, wanted, connections, boundBy, findings }: Diagnosis): object {
  const checks = findings.map(({ name, level, value, meaning, connections: allows, mend }) => {
    return { name, level, value, meaning, connections: allows ?? null, mend: mend ?? [] };
  });
  return { platform, wanted, connections: connections ?? null, bound_by: boundBy ?? null, checks };
}

function mendLines({ mend = [] }: Finding): string[] {
  return mend.map((command, index) => `${index === 0 ? 'raise it:' : 'or:'} ${command}`);
}

function aboutConnections(connections: number | undefined): string {
  if (connections === undefined) return '';
  return connections === Number.MAX_SAFE_INTEGER
    ? ', no bound'
    : `, about ${connections.toLocaleString('en')} connections`;
}

function verdictSentence({ wanted, connections, boundBy, platform }: Diagnosis): string {
  if (connections === undefined) return `Nothing that bounds connections could be read on ${platform}.`;
  const figure = connections.toLocaleString('en');
  const verdict = connections >= wanted ? 'which is enough' : 'which is too few';
  return `One gateway here holds about ${figure} connections, ${verdict} for ${wanted.toLocaleString('en')}; what ends first: ${boundBy ?? ''}.`;
}
