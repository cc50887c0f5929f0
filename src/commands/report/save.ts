import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { baselineFlags, keepFlag, onlyArgument, saveBaseline } from '../../cli/baseline-session.js';

/** `wsg report save RUN --as NAME`: keeps a run to compare later ones with. */
export default class ReportSave extends BaseCommand {
  static override summary = 'Keep a run as a baseline that later runs are compared with.';
  static override usage = 'report save RUN --as NAME';
  static override examples = ['<%= config.bin %> report save runs/new.run --as main'];
  static override strict = false;
  static override flags = {
    as: Flags.string({ helpValue: 'NAME', required: true, description: 'The baseline, such as the name of a branch.' }),
    keep: keepFlag,
    ...baselineFlags,
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportSave);
    await saveBaseline(onlyArgument(argv.map(String), 'run'), flags, { ...flags, output: this.output });
  }
}
