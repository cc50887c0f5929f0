import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { anchorFlag, baselineFlags, keepFlag, onlyArgument, saveBaseline } from '../../cli/report/baseline-session.js';

/** `wsg report save RUN --as NAME`: keeps a run to compare later ones with. */
export default class ReportSave extends BaseCommand {
  static override summary = 'Keep a run as a baseline that later runs are compared with.';
  static override usage = 'report save RUN --as NAME';
  static override examples = ['<%= config.bin %> report save runs/new.run --as main'];
  static override strict = false;
  static override flags = {
    as: Flags.string({ helpValue: 'NAME', required: true, description: 'The baseline, such as the name of a branch.' }),
    keep: keepFlag,
    anchor: anchorFlag,
    'new-anchor': Flags.boolean({
      description:
        'Begin a new level with this run, such as after a slowdown that was accepted: the runs before it are removed.',
    }),
    force: Flags.boolean({
      description: 'Keep also a run that was cut, stopped or failed, or whose generator was the bottleneck.',
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
