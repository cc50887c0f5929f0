import { BaseCommand } from '../../cli/base-command.js';
import { baselineFlags, listBaselines } from '../../cli/report/baseline-session.js';

/** `wsg report list`: lists the baselines. */
export default class ReportList extends BaseCommand {
  static override summary = 'List the baselines.';
  static override flags = baselineFlags;

  override async run(): Promise<void> {
    const { flags } = await this.parse(ReportList);
    await listBaselines({ ...flags, output: this.output });
  }
}
