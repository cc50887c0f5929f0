import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { gatewayFlags } from '../cli/gateway/gateway-flags.js';

/** `wsg devhelpers`: the gateway with the loop that tags and broadcasts. */
export default class Devhelpers extends BaseCommand {
  static override summary = 'Run the gateway with the tag-and-broadcast loop that load tests listen to.';
  static override description =
    'The loop looks up the tag foo=bar, sends `routine message` to what it finds, and logs what that took.';
  static override examples = ['<%= config.bin %> devhelpers', '<%= config.bin %> devhelpers --pause 1ms'];
  static override flags = {
    ...gatewayFlags('classic'),
    pause: Flags.string({
      default: '0.1ms',
      helpValue: 'DURATION',
      description: 'Time between two rounds; 0 goes as fast as the connections take it.',
    }),
    'rounds-per-flush': Flags.integer({
      min: 1,
      helpValue: 'N',
      description: 'How many rounds may queue up before they are flushed together.',
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Devhelpers);
    const { runGateway } = await import('../cli/gateway/gateway-session.js');
    const { helperPlugin } = await import('../cli/gateway/gateway-session.js');
    await runGateway({ flags, plugins: [helperPlugin(flags.pause, flags['rounds-per-flush'])] });
  }
}
