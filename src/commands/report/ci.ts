import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { compareFlags } from '../../cli/report/compare-flags.js';
import { runReportCi } from '../../cli/report/report-ci-session.js';

/** `wsg report ci`: loads base and head in turn, in one job. */
export default class ReportCi extends BaseCommand {
  static override summary = 'Load two checkouts of a server in turn, in one job, and compare them.';
  static override description =
    'Starts the server of the base, loads it and stops it, then does the same with the head, and repeats: A B A B. Other activity on the machine thus affects both sides. ' +
    'Four runs per side are compared by default; no baseline is needed. Arguments after -- are passed to `wsg loadtest`.\n' +
    'Exit codes: those of `wsg report`, or that of a load test that failed.';
  static override usage = 'report ci --base DIR --start COMMAND --url URL [--head DIR] -- LOADTEST ARGUMENTS';
  static override examples = [
    "<%= config.bin %> report ci --base ../base --start 'node server.js' --url ws://127.0.0.1:8080/ -- --scenario echo --vus 10 --rate 50 --duration 15s",
  ];
  static override strict = false;
  static override flags = {
    base: Flags.string({ helpValue: 'DIR', required: true, description: 'Checkout to compare with.' }),
    head: Flags.string({ helpValue: 'DIR', default: '.', description: 'Checkout to judge.' }),
    start: Flags.string({
      helpValue: 'COMMAND',
      required: true,
      description:
        'Shell command that starts the server in either checkout; it is stopped with all its child processes.',
    }),
    url: Flags.string({
      helpValue: 'URL',
      required: true,
      description: 'Address of the server, at which it is loaded.',
    }),
    runs: Flags.integer({ helpValue: 'N', min: 1, max: 20, default: 4, description: 'Number of runs per side.' }),
    dir: Flags.string({
      helpValue: 'FOLDER',
      default: '.wsg/ci',
      description: 'Folder of the run files; those of an earlier call are removed.',
    }),
    json: Flags.boolean({ description: 'Print the comparison as one JSON object.' }),
    output: Flags.string({
      aliases: ['out'],
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
      description:
        'Write the comparison to this file as well, in the format of its extension (.txt .md .json .xml .csv .html); may be repeated.',
    }),
    ...compareFlags,
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(ReportCi);
    process.exitCode = await runReportCi({ flags, loadArgs: argv.map(String), output: this.output });
  }
}
