import { createHash } from 'node:crypto';
import type { Comparison, GateResult } from '../compare/comparison.js';
import { formatChange, formatFigure, formatInterval } from './comparison-figures.js';
import { outcomeOf, type Outcome } from '../compare/verdict.js';

const SEVERITY: Readonly<Record<Outcome, string | undefined>> = {
  fails: 'critical',
  errs: 'major',
  warns: 'minor',
  passes: undefined,
};

export interface CodeQualityOptions {
  readonly isStrict: boolean;
  /** File that contains the gates. */
  readonly gatesFile?: string | undefined;
}

/**
 * Renders a comparison as a GitLab code quality report (docs.gitlab.com, "Code Quality report
 * format"): one issue per gate that does not pass, located at the gates file, or at the new run if
 * there is none. An empty list if all gates pass.
 */
export function renderComparisonCodeQuality(comparison: Comparison, options: CodeQualityOptions): string {
  const path = options.gatesFile ?? comparison.next[0]?.path ?? 'wsg.gates.yml';
  const { verdict, because, gates } = comparison;
  const said = gates.map((result) => ({
    verdict: result.verdict,
    name: result.gate.text,
    description: descriptionOf(result),
  }));
  // More failures than before do not belong to a gate.
  const whole = { verdict, name: 'the whole', description: `${verdict}: ${because}` };
  const all = gates.some((result) => result.verdict === verdict) ? said : [...said, whole];
  const issues = all.flatMap(({ verdict: one, name, description }) => {
    const severity = SEVERITY[outcomeOf(one, options.isStrict)];
    if (severity === undefined) return [];
    // The fingerprint of a gate is the same in every pipeline, so that GitLab recognises its issue.
    const fingerprint = createHash('sha256').update(`wsg ${name}`).digest('hex');
    return [{ description, check_name: 'wsg report', fingerprint, severity, location: { path, lines: { begin: 1 } } }];
  });
  return `${JSON.stringify(issues, null, 2)}\n`;
}

function descriptionOf({ gate, unit, verdict, base, next, change, interval, reasons }: GateResult): string {
  const figures = `${formatFigure(base.value, unit)} -> ${formatFigure(next.value, unit)}, ${formatChange(change)} ${formatInterval(interval)}`;
  return [`${verdict}: ${gate.text}`, figures.trim(), ...reasons].join('; ');
}
