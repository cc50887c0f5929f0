import { BaseCommand } from '../../cli/base-command.js';
import { inspectFlags, inspectScript } from '../../cli/loadtest/inspect-session.js';

/** `wsg loadtest inspect SCRIPT`: the options of a script. */
export default class LoadtestInspect extends BaseCommand {
  static override summary = 'Print the options of a script as JSON, as k6 inspect does, and run nothing.';
  static override description = '`wsg loadtest SCRIPT --inspect` prints the whole plan and its schedule.';
  static override usage = 'loadtest inspect SCRIPT [--execution-requirements]';
  static override strict = false;
  static override flags = inspectFlags;

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(LoadtestInspect);
    await inspectScript({ flags, args: argv.map(String), output: this.output });
  }
}
