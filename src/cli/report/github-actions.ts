import { appendFile } from 'node:fs/promises';
import { errorMessage } from '../../core/error.js';
import { outcomeOf, renderComparison, type Comparison, type Outcome } from '../../report/index.js';
import type { Output } from '../output.js';

/** GitHub shows ten annotations of a kind per step, and drops the rest silently. */
const MOST_ANNOTATIONS = 10;

/**
 * In a step of GitHub Actions, adds the comparison to the job summary, and writes annotations for
 * gates that do not pass (docs.github.com, "Workflow commands"). Annotations go to standard error,
 * which the runner reads as well, so that standard output has only the requested format.
 */
export async function tellGithub(
  comparison: Comparison,
  isStrict: boolean,
  { stderr }: Output,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<void> {
  if (env['GITHUB_ACTIONS'] !== 'true') return;
  for (const line of annotations(comparison, isStrict)) stderr.write(`${line}\n`);
  const summary = env['GITHUB_STEP_SUMMARY'];
  if (summary === undefined || summary === '') return;
  const text = renderComparison(comparison, 'markdown', { colour: false, columns: 120, isStrict });
  try {
    await appendFile(summary, `${text}\n`);
  } catch (error) {
    // A missing summary must not change the verdict.
    stderr.write(`the job summary could not be written: ${errorMessage(error)}\n`);
  }
}

/**
 * The annotations, at most as many of each kind as GitHub shows; those that fail the step come
 * first.
 */
export function annotations({ gates, verdict, because }: Comparison, isStrict: boolean): readonly string[] {
  const said = gates.map(({ gate, verdict: own, reasons }) => ({
    verdict: own,
    title: `${own}: ${gate.text}`,
    message: [gate.text, ...reasons].join('; '),
  }));
  const whole = gates.some((gate) => gate.verdict === verdict) ? [] : [{ verdict, title: verdict, message: because }];
  const of = (outcome: Outcome, command: 'error' | 'warning'): string[] =>
    [...whole, ...said]
      .filter((one) => outcomeOf(one.verdict, isStrict) === outcome)
      .slice(0, MOST_ANNOTATIONS)
      .map(({ title, message }) => annotation(command, title, message));
  return [...of('fails', 'error'), ...of('errs', 'error'), ...of('warns', 'warning')];
}

function annotation(command: 'error' | 'warning', title: string, message: string): string {
  const property = escapeData(title).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::${command} title=${property}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
