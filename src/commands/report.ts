import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { compareFlags } from '../cli/report/compare-flags.js';
import { WsgError } from '../core/error.js';

/**
 * `wsg report RUN` prints the report of a run; `wsg report BASE NEW` checks whether the second run
 * is slower.
 */
export default class Report extends BaseCommand {
  static override summary = 'Print the report of a run, or compare runs and report a verdict.';
  static override description =
    'One RUN: print its summary and latency tables. Two runs, --baseline or --against: print a verdict on each gate, with the change and its confidence interval.\n' +
    'Exit codes: 10 for a regression, 13 if the runs cannot be compared or judged, 12 for an inconclusive comparison with --strict, otherwise 0.';
  static override usage =
    'report RUN [--spectrum] [--json] | BASE NEW | NEW --baseline FILES | NEW... --against BASE...';
  static override examples = [
    '<%= config.bin %> report runs/2024-04-09T00-14-31Z-snapshot.run',
    '<%= config.bin %> report a.run --spectrum > a.hgrm',
    '<%= config.bin %> report base.run new.run',
    "<%= config.bin %> report new.run --baseline 'runs/main-*.run' --gate 'ws_ping p(99) < +10%' --output report.md",
  ];
  /** Arguments are read here, since their number determines what is done. */
  static override strict = false;
  static override flags = {
    spectrum: Flags.boolean({
      description: 'Print the full percentile distribution of each trend as HdrHistogram text.',
    }),
    json: Flags.boolean({
      exclusive: ['spectrum'],
      description: 'Print the run, or the comparison, as one JSON object.',
    }),
    output: Flags.string({
      // Name of the flag in `wsg loadtest` and k6.
      aliases: ['out'],
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      description:
        'Write to this file; - is standard output. A comparison is written in the format of the extension (.txt .md .json .xml .csv .html), in addition to standard output; may be repeated.',
    }),
    ...compareFlags,
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(Report);
    const { isComparison, runComparison } = await import('../cli/report/compare-session.js');
    const invocation = { runs: argv.map(String), flags, output: this.output };
    if (isComparison(invocation)) {
      if (flags.spectrum) throw new WsgError('usage', '--spectrum can only be used with a single run.');
      process.exitCode = await runComparison(invocation);
      return;
    }
    const { printReport, refuseOfComparison } = await import('../cli/report/report-session.js');
    refuseOfComparison(flags);
    const [file, ...more] = flags.output ?? [];
    if (more.length > 0) throw new WsgError('usage', 'A single run has one --output (got several).');
    await printReport({ ...invocation, flags: { ...flags, output: file } });
  }
}
