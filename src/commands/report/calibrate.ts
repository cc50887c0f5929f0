import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { figuresFlag } from '../../cli/report/compare-flags.js';
import { printCalibration } from '../../cli/report/calibrate-runs-session.js';

/** `wsg report calibrate RUN...`: the variance between runs of one build. */
export default class ReportCalibrate extends BaseCommand {
  static override summary = 'Estimate the variance between runs of one build, and recommend a budget and --noise.';
  static override usage = 'report calibrate RUN RUN RUN...';
  static override strict = false;
  static override flags = {
    gate: figuresFlag,
    json: Flags.boolean({ description: 'Print one JSON object.' }),
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportCalibrate);
    await printCalibration(argv.map(String), { gates: flags.gate ?? [], json: flags.json, output: this.output });
  }
}
