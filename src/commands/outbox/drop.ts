import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { outboxFlags } from '../../cli/outbox/outbox-flags.js';

/** `wsg outbox drop`: removes dead letters. */
export default class OutboxDrop extends BaseCommand {
  static override summary = 'Remove dead letters for good.';
  static override description = 'Asks first. Works beside a gateway that runs.';
  static override examples = [
    '<%= config.bin %> outbox drop --sink amqp --until 30d',
    '<%= config.bin %> outbox drop --all --yes',
  ];
  static override flags = {
    ...outboxFlags,
    all: Flags.boolean({ description: 'All of them, lines that are not dead letters included.' }),
    yes: Flags.boolean({ char: 'y', description: 'Do not ask.' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(OutboxDrop);
    const { drop } = await import('../../cli/outbox/outbox-work.js');
    await drop({ flags, output: this.output }, flags);
  }
}
