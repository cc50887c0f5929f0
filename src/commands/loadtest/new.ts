import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { writeNewScript } from '../../cli/loadtest/new-script.js';

/** `wsg loadtest new [FILE]`: a script to begin with. */
export default class LoadtestNew extends BaseCommand {
  static override summary = 'Write a script to begin with; script.js unless another file is named.';
  static override usage = 'loadtest new [FILE] [--template NAME] [--force]';
  static override examples = [
    '<%= config.bin %> loadtest new',
    '<%= config.bin %> loadtest new rooms.js --template protocol',
  ];
  static override strict = false;
  static override flags = {
    template: Flags.string({
      helpValue: 'NAME',
      default: 'minimal',
      description: 'minimal (a WebSocket session), protocol (with HTTP, checks and thresholds), or a file to copy.',
    }),
    force: Flags.boolean({ char: 'f', description: 'Overwrite the file.' }),
    'project-id': Flags.string({ hidden: true }),
  };

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(LoadtestNew);
    const written = await writeNewScript({ ...flags, paths: argv.map(String) });
    this.output.stdout.write(`${written}\n`);
  }
}
