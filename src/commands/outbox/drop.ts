import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { outboxFlags } from '../../cli/outbox/outbox-flags.js';

/** `wsg outbox drop`: deletes dead letters. */
export default class OutboxDrop extends BaseCommand {
  static override summary = 'Delete dead letters permanently.';
  static override description = 'Asks for confirmation. Can be used while the gateway runs.';
  static override examples = [
    '<%= config.bin %> outbox drop --sink amqp --until 30d',
    '<%= config.bin %> outbox drop --all --yes',
  ];
  static override flags = {
    ...outboxFlags,
    all: Flags.boolean({ description: 'Delete all of them, including lines that are not dead letters.' }),
    yes: Flags.boolean({ char: 'y', description: 'Do not ask for confirmation.' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(OutboxDrop);
    const { drop } = await import('../../cli/outbox/outbox-work.js');
    await drop({ flags, output: this.output }, flags);
  }
}
