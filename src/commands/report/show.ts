import { BaseCommand } from '../../cli/base-command.js';
import { baselineFlags, onlyArgument, showBaseline } from '../../cli/report/baseline-session.js';

/** `wsg report show NAME`: lists the runs of a baseline. */
export default class ReportShow extends BaseCommand {
  static override summary = 'List the runs of a baseline, the oldest first.';
  static override usage = 'report show NAME';
  static override strict = false;
  static override flags = baselineFlags;

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportShow);
    await showBaseline(onlyArgument(argv.map(String), 'baseline'), { ...flags, output: this.output });
  }
}
