import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';

/** `wsg doctor`: what would run on this machine, and what bounds connections. */
export default class Doctor extends BaseCommand {
  static override summary = 'Say what would run on this machine, what limits connections, and how to fix it.';
  static override description =
    'Reads versions, the configuration, whether the transport uws runs (its binary, its sha256, its self-test on loopback), and limits of the process, the kernel and the cgroup. Changes nothing. Ends with 0; with 104 for a configuration that cannot be used, and with 15 where the transport that it asks for cannot run.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --connections 100000'];
  static override flags = {
    config: Flags.string({ helpValue: 'FILE', description: 'The configuration; ./config.yml when there is one.' }),
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
    const { runDoctor } = await import('../cli/gateway/doctor-session.js');
    process.exitCode = await runDoctor({ ...flags, config: flags.config, output: this.output });
  }
}
