import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { anchorFlag, baselineFlags, keepFlag, onlyArgument, saveBaseline } from '../../cli/report/baseline-session.js';

/** `wsg report save RUN --as NAME`: saves a run to compare later ones with. */
export default class ReportSave extends BaseCommand {
  static override summary = 'Save a run as a baseline for later comparisons.';
  static override usage = 'report save RUN --as NAME';
  static override examples = ['<%= config.bin %> report save runs/new.run --as main'];
  static override strict = false;
  static override flags = {
    as: Flags.string({
      helpValue: 'NAME',
      required: true,
      description: 'Name of the baseline, such as that of a branch.',
    }),
    keep: keepFlag,
    anchor: anchorFlag,
    'new-anchor': Flags.boolean({
      description: 'Begin a new anchor with this run, such as after an accepted slowdown; earlier runs are removed.',
    }),
    force: Flags.boolean({
      description: 'Save the run even if it was truncated, stopped or failed, or if its generator was the bottleneck.',
    }),
    ...baselineFlags,
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportSave);
    const { as, keep, anchor, force, 'new-anchor': beginsAnew } = flags;
    const options = { as, keep, anchor, isForced: force, beginsAnew };
    await saveBaseline(onlyArgument(argv.map(String), 'run'), options, { ...flags, output: this.output });
  }
}
