import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';

/** `wsg doctor`: what would run on this machine, and what bounds connections. */
export default class Doctor extends BaseCommand {
  static override summary =
    'Report the versions on this machine, what limits connections, and how to raise each limit.';
  static override description =
    'Checks versions, the configuration, whether the transport uws runs (its binary, sha256 and self-test on loopback), and the limits of the process, the kernel and the cgroup. Changes nothing.\n' +
    'Exits with 0, with 104 if the configuration is invalid, or with 15 if its transport cannot run.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --connections 100000'];
  static override flags = {
    config: Flags.string({
      helpValue: 'FILE',
      description: 'Configuration file. Default: ./config.yml if it exists, else built-in defaults.',
    }),
    connections: Flags.integer({
      min: 1,
      default: 10_000,
      helpValue: 'N',
      description: 'Number of connections to check for; limits below it are warnings.',
    }),
    json: Flags.boolean({ description: 'Print the result as one JSON object.' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const { runDoctor } = await import('../cli/gateway/doctor-session.js');
    process.exitCode = await runDoctor({ ...flags, config: flags.config, output: this.output });
  }
}
