import { BaseCommand } from '../../cli/base-command.js';
import {
  anchorFlag,
  baselineFlags,
  keepFlag,
  onlyArgument,
  pruneBaselines,
} from '../../cli/report/baseline-session.js';

/** `wsg report prune [NAME]`: removes old runs of baselines. */
export default class ReportPrune extends BaseCommand {
  static override summary = 'Remove old runs of a baseline, or of all baselines.';
  static override usage = 'report prune [NAME] [--keep N]';
  static override strict = false;
  static override flags = { keep: keepFlag, anchor: anchorFlag, ...baselineFlags };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportPrune);
    const name = argv.length === 0 ? undefined : onlyArgument(argv.map(String), 'baseline');
    await pruneBaselines(name, flags, { ...flags, output: this.output });
  }
}
