import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { compareFlags } from '../cli/report/compare-flags.js';
import { WsgError } from '../core/error.js';

/**
 * `wsg report RUN` prints a run file again; `wsg report BASE NEW` says whether the second run is
 * slower.
 */
export default class Report extends BaseCommand {
  static override summary = 'Print what a run left behind, or say whether one run is slower than another.';
  static override description =
    'With one RUN: its summary and latency tables. With two, or --baseline, or --against: a verdict on each gate, with the change and how sure it is.\n' +
    'Ends with 10 on a regression, 13 when the runs cannot be compared, 12 on an inconclusive comparison with --strict, else with 0.';
  static override usage =
    'report RUN [--spectrum] [--json] | BASE NEW | NEW --baseline FILES | NEW... --against BASE...';
  static override examples = [
    '<%= config.bin %> report runs/2024-04-09T00-14-31Z-snapshot.run',
    '<%= config.bin %> report a.run --spectrum > a.hgrm',
    '<%= config.bin %> report base.run new.run',
    "<%= config.bin %> report new.run --baseline 'runs/main-*.run' --gate 'ws_ping p(99) < +10%' --output report.md",
  ];
  /** Runs are read by hand: how many there are decides what is done. */
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
      // As `wsg loadtest --out` and k6 call it.
      aliases: ['out'],
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      description:
        'Write to this file; - is standard output. Of a comparison: too, in the format of its extension (.txt .md .json .xml .csv .html), and may be repeated.',
    }),
    ...compareFlags,
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(Report);
    const { isComparison, runComparison } = await import('../cli/report/compare-session.js');
    const invocation = { runs: argv.map(String), flags, output: this.output };
    if (isComparison(invocation)) {
      if (flags.spectrum) throw new WsgError('usage', '--spectrum is of one run.');
      process.exitCode = await runComparison(invocation);
      return;
    }
    const { printReport, refuseOfComparison } = await import('../cli/report/report-session.js');
    refuseOfComparison(flags);
    const [file, ...more] = flags.output ?? [];
    if (more.length > 0) throw new WsgError('usage', 'One run is printed once: name one --output.');
    await printReport({ ...invocation, flags: { ...flags, output: file } });
  }
}
