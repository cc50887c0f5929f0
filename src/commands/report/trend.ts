import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { figuresFlag } from '../../cli/report/compare-flags.js';
import { printTrend } from '../../cli/report/calibrate-runs-session.js';

/** `wsg report trend RUNS`: where the level of a figure changed in a series of runs. */
export default class ReportTrend extends BaseCommand {
  static override summary = 'Find in a series of runs where a figure changed its level, and the first run after that.';
  static override description =
    'Runs come from folders, files, patterns or baselines, in the order of their start. Those of another kind than the newest, and saturated ones, are left out and named.';
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
      description: 'A smaller change of the level does not count as a step.',
    }),
    'allow-different': Flags.string({
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
      description: 'Take runs that differ from the newest in this; may be repeated.',
    }),
    'fail-on-step': Flags.boolean({
      description: 'End with 10 on a step for the worse, and with 13 where the series is too short to tell.',
    }),
    json: Flags.boolean({ description: 'Print one JSON object.' }),
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportTrend);
    process.exitCode = await printTrend(argv.map(String), { flags, output: this.output });
  }
}
