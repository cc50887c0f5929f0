import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';

/** `wsg report merge RUN...`: merges the runs of the parts of a plan. */
export default class ReportMerge extends BaseCommand {
  static override summary = 'Merge the runs of the shards of a load test into the run of the whole plan.';
  static override description =
    'The runs must be those of `wsg loadtest --shard 1/N` to N/N, of one plan, script and version; each may be a file, a folder or a pattern. Counters, rates and histograms are added, and thresholds are judged on the totals.\n' +
    'Exit codes: that of the whole run, such as 99 for crossed thresholds; 13 if the runs are not the parts of one plan, or if parts are missing or truncated.';
  static override usage = 'report merge RUN... --output FILE';
  static override examples = [
    '<%= config.bin %> report merge shard-1.run shard-2.run --output merged.run',
    '<%= config.bin %> report merge shards/ --output merged.run --json',
  ];
  static override strict = false;
  static override flags = {
    output: Flags.string({ helpValue: 'FILE', description: 'Write the merged run to this file.' }),
    json: Flags.boolean({ description: 'Print the merged run as one JSON object.' }),
    'allow-missing': Flags.boolean({
      description: 'Accept missing and truncated shards; the run has the share of the plan that ran.',
    }),
    'allow-saturated': Flags.boolean({
      description: 'Do not fail if the load generator of a shard was the bottleneck.',
    }),
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportMerge);
    const { runMerge } = await import('../../cli/report/merge-session.js');
    process.exitCode = await runMerge({ runs: argv.map(String), flags, output: this.output });
  }
}
