import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { outboxFlags } from '../../cli/outbox/outbox-flags.js';

/** `wsg outbox show`: prints dead letters with all their fields. */
export default class OutboxShow extends BaseCommand {
  static override summary = 'Print dead letters with all their fields and their message.';
  static override description =
    'Changes nothing. Messages are printed as text if they are UTF-8; with --json they are base64.';
  static override examples = [
    '<%= config.bin %> outbox show --id 00af-1764489600000-17',
    '<%= config.bin %> outbox show --sink nats --reason "no stream" --limit 1',
  ];
  static override flags = {
    ...outboxFlags,
    limit: Flags.integer({ helpValue: 'N', min: 1, default: 10, description: 'Print at most N dead letters.' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(OutboxShow);
    const { showLetters } = await import('../../cli/outbox/outbox-session.js');
    await showLetters({ flags, output: this.output, limit: flags.limit });
  }
}
