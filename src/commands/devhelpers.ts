import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { gatewayFlags } from '../cli/gateway/gateway-flags.js';

/** `wsg devhelpers`: the gateway with the loop that tags and broadcasts. */
export default class Devhelpers extends BaseCommand {
  static override summary = 'Run the gateway with a broadcast loop for load tests.';
  static override description =
    'The loop sends `routine message` to every connection tagged foo=bar and logs how long each round took.';
  static override examples = ['<%= config.bin %> devhelpers', '<%= config.bin %> devhelpers --pause 1ms'];
  static override flags = {
    ...gatewayFlags('classic'),
    pause: Flags.string({
      default: '0.1ms',
      helpValue: 'DURATION',
      description: 'Pause between two rounds. 0 sends as fast as the connections accept messages.',
    }),
    'rounds-per-flush': Flags.integer({
      min: 1,
      helpValue: 'N',
      description: 'With --pause 0: rounds that are queued before they are flushed together.',
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Devhelpers);
    const { runGateway } = await import('../cli/gateway/gateway-session.js');
    const { helperPlugin } = await import('../cli/gateway/gateway-session.js');
    await runGateway({ flags, plugins: [helperPlugin(flags.pause, flags['rounds-per-flush'])] });
  }
}
