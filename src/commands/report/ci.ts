import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { compareFlags } from '../../cli/report/compare-flags.js';
import { runReportCi } from '../../cli/report/report-ci-session.js';

/** `wsg report ci`: base and head in one job, in turn. */
export default class ReportCi extends BaseCommand {
  static override summary = 'Load two checkouts of a server in turn, in one job, and say whether the head is slower.';
  static override description =
    'Starts the server of the base, loads it, stops it, then the same with the head, and again: A B A B. What the machine does beside it meets both. ' +
    'Four runs a side are compared with each other; no baseline is needed. Arguments behind -- are those of `wsg loadtest`.\n' +
    'Ends as `wsg report` does, or with the code of a load test that failed.';
  static override usage = 'report ci --base DIR --start COMMAND --url URL [--head DIR] -- LOADTEST ARGUMENTS';
  static override examples = [
    "<%= config.bin %> report ci --base ../base --start 'node server.js' --url ws://127.0.0.1:8080/ -- --scenario echo --vus 10 --rate 50 --duration 15s",
  ];
  static override strict = false;
  static override flags = {
    base: Flags.string({ helpValue: 'DIR', required: true, description: 'The checkout to compare with.' }),
    head: Flags.string({ helpValue: 'DIR', default: '.', description: 'The checkout that is judged.' }),
    start: Flags.string({
      helpValue: 'COMMAND',
      required: true,
      description:
        'What starts the server in either checkout, as a shell has it; it is ended with all that it started.',
    }),
    url: Flags.string({ helpValue: 'URL', required: true, description: 'Where the server listens, and is loaded.' }),
    runs: Flags.integer({ helpValue: 'N', min: 1, max: 20, default: 4, description: 'Runs a side.' }),
    dir: Flags.string({
      helpValue: 'FOLDER',
      default: '.wsg/ci',
      description: 'Where the run files are written; those of an earlier call are removed.',
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
