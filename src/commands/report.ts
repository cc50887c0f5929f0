import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';

/** `wsg report RUN`: prints a run file again. */
export default class Report extends BaseCommand {
  static override summary = 'Print what a run left behind: its summary and latency tables.';
  static override usage = 'report RUN [--spectrum] [--json] [--output FILE]';
  static override examples = [
    '<%= config.bin %> report runs/2024-04-09T00-14-31Z-snapshot.run',
    '<%= config.bin %> report a.run --spectrum > a.hgrm',
  ];
  /** RUN is read by hand: a second one deserves a better answer than "unexpected argument". */
  static override strict = false;
  static override flags = {
    spectrum: Flags.boolean({
      description: 'Print the full percentile distribution of each trend as HdrHistogram text.',
    }),
    json: Flags.boolean({ exclusive: ['spectrum'], description: 'Print the run as one JSON object.' }),
    output: Flags.string({ helpValue: 'FILE', description: 'Write to this file; - is standard output.' }),
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(Report);
    const { printReport } = await import('../cli/report-session.js');
    await printReport({ runs: argv.map(String), flags, output: this.output });
  }
}
