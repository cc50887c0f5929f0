import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { figuresFlag } from '../../cli/report/compare-flags.js';
import { printTrend } from '../../cli/report/calibrate-runs-session.js';

/** `wsg report trend RUNS`: finds where the level of a figure changed in a series of runs. */
export default class ReportTrend extends BaseCommand {
  static override summary =
    'Find steps in a series of runs: where the level of a figure changed, and the first run after it.';
  static override description =
    'Runs are given as folders, files, patterns or baselines, and are ordered by start time. Runs of another kind than the newest one, and saturated ones, are left out and listed.';
  static override usage = 'report trend FOLDER|RUN...';
  static override examples = [
    '<%= config.bin %> report trend .wsg/baselines/main',
    "<%= config.bin %> report trend 'runs/*-echo.run' --gate 'ws_rtt p(99) < +10%'",
  ];
  static override strict = false;
  static override flags = {
    gate: figuresFlag,
    'least-change': Flags.string({
      helpValue: 'PERCENT',
      default: '3%',
      description: 'Ignore steps with a smaller change of the level.',
    }),
    'allow-different': Flags.string({
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
      description: 'Include runs that differ from the newest one in this; may be repeated.',
    }),
    'fail-on-step': Flags.boolean({
      description: 'Exit with 10 on a step for the worse, and with 13 if the series is too short to judge.',
    }),
    json: Flags.boolean({ description: 'Print one JSON object.' }),
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportTrend);
    process.exitCode = await printTrend(argv.map(String), { flags, output: this.output });
  }
}
