import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { onlyArgument } from '../../cli/report/baseline-session.js';
import { runSelftest } from '../../cli/report/calibrate-runs-session.js';

/** `wsg report selftest RUN`: tests whether a run's gates would detect a slowdown. */
export default class ReportSelftest extends BaseCommand {
  static override summary =
    'Test whether the gates of a run detect a slowdown of 30% and pass its two halves; exit with 12 if not.';
  static override usage = 'report selftest RUN';
  static override strict = false;
  static override flags = {
    gate: Flags.string({
      helpValue: 'GATE',
      multiple: true,
      multipleNonGreedy: true,
      description: 'Test this gate instead of the default ones; may be repeated.',
    }),
    json: Flags.boolean({ description: 'Print one JSON object.' }),
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportSelftest);
    const run = onlyArgument(argv.map(String), 'run');
    process.exitCode = await runSelftest(run, { gates: flags.gate ?? [], json: flags.json, output: this.output });
  }
}
