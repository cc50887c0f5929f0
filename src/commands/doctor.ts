import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';

/** `wsg doctor`: what bounds connections on this machine. */
export default class Doctor extends BaseCommand {
  static override summary = 'Say what on this machine limits connections, and how to mend it.';
  static override description =
    'Reads limits of the process, the kernel and the cgroup; changes nothing. Ends with 0, whatever it finds.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --connections 100000'];
  static override flags = {
    connections: Flags.integer({
      min: 1,
      default: 10_000,
      helpValue: 'N',
      description: 'Warn of what allows fewer than these.',
    }),
    json: Flags.boolean({ description: 'Print one JSON object.' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const { runDoctor } = await import('../cli/doctor-session.js');
    await runDoctor({ ...flags, output: this.output });
  }
}
