import { appendFile } from 'node:fs/promises';
import { errorMessage } from '../core/error.js';
import { renderComparison, type Comparison } from '../report/index.js';
import type { Output } from './output.js';

/** GitHub shows ten of a kind for each step, and leaves out the rest without a word. */
const MOST_ANNOTATIONS = 10;

/**
 * In a step of GitHub Actions: the comparison as a section of the job's summary, and what does not hold as annotations (docs.github.com,
 * "Workflow commands"). They go to standard error, which the runner reads as well, so that standard output stays what was asked for.
 */
export async function tellGithub(
  comparison: Comparison,
  { stderr }: Output,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<void> {
  if (env['GITHUB_ACTIONS'] !== 'true') return;
  for (const line of annotations(comparison)) stderr.write(`${line}\n`);
  const summary = env['GITHUB_STEP_SUMMARY'];
  if (summary === undefined || summary === '') return;
  const text = renderComparison(comparison, 'markdown', { colour: false, columns: 120, isStrict: false });
  try {
    await appendFile(summary, `${text}\n`);
  } catch (error) {
    // The verdict must not depend on a page that nobody may look at.
    stderr.write(`the job's summary could not be written: ${errorMessage(error)}\n`);
  }
}

function annotations({ gates, verdict, because }: Comparison): readonly string[] {
  const of = (said: Comparison['verdict'], command: 'error' | 'warning'): string[] =>
    gates
      .filter((gate) => gate.verdict === said)
      .slice(0, MOST_ANNOTATIONS)
      .map(({ gate, reasons }) => annotation(command, `${said}: ${gate.text}`, [gate.text, ...reasons].join('; ')));
  const whole = gates.some((gate) => gate.verdict === verdict) ? [] : [wholeAnnotation(verdict, because)];
  return [...of('regression', 'error'), ...of('invalid', 'error'), ...of('inconclusive', 'warning'), ...whole.flat()];
}

function wholeAnnotation(verdict: Comparison['verdict'], because: string): string[] {
  if (verdict === 'within budget' || verdict === 'improvement') return [];
  return [annotation(verdict === 'inconclusive' ? 'warning' : 'error', verdict, because)];
}

function annotation(command: 'error' | 'warning', title: string, message: string): string {
  const property = escapeData(title).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::${command} title=${property}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
