import { BaseCommand } from '../../cli/base-command.js';
import { baselineFlags, listBaselines } from '../../cli/report/baseline-session.js';

/** `wsg report list`: the baselines that there are. */
export default class ReportList extends BaseCommand {
  static override summary = 'Print which baselines there are.';
  static override flags = baselineFlags;

  override async run(): Promise<void> {
    const { flags } = await this.parse(ReportList);
    await listBaselines({ ...flags, output: this.output });
  }
}
