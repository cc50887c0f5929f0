import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { onlyArgument } from '../../cli/report/baseline-session.js';
import { exportFile } from '../../cli/report/export-session.js';

/** `wsg report export RUN`: exports a run for other tools. */
export default class ReportExport extends BaseCommand {
  static override summary = 'Export a run as HdrHistogram text or log, CSV of its seconds, or OpenMetrics.';
  static override usage = 'report export RUN --format FORMAT [--output FILE]';
  static override examples = [
    '<%= config.bin %> report export a.run --output a.hlog',
    '<%= config.bin %> report export a.run --format csv --metric ws_rtt',
  ];
  static override strict = false;
  static override flags = {
    format: Flags.string({
      helpValue: 'FORMAT',
      description: 'Format: hgrm, hlog, csv or openmetrics; default: by the extension of --output.',
    }),
    metric: Flags.string({
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      description: 'Export only this metric or submetric; may be repeated.',
    }),
    output: Flags.string({ helpValue: 'FILE', description: 'Write to this file; default: standard output.' }),
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportExport);
    await exportFile(onlyArgument(argv.map(String), 'run'), { flags, output: this.output });
  }
}
