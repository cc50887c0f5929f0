import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { outboxFlags } from '../../cli/outbox/outbox-flags.js';

/** `wsg outbox list`: lists events that a sink refused permanently. */
export default class OutboxList extends BaseCommand {
  static override summary = 'List dead letters: events that a sink refused permanently.';
  static override description =
    'Counts dead letters by sink and reason, and prints the first ones, one per line. Changes nothing.';
  static override examples = [
    '<%= config.bin %> outbox list --config config.yml',
    '<%= config.bin %> outbox list --dir /var/lib/wsg/outbox/dead-letters --sink redis --since 2h --json',
  ];
  static override flags = {
    ...outboxFlags,
    limit: Flags.integer({
      helpValue: 'N',
      min: 0,
      default: 20,
      description: 'Print at most N individual dead letters.',
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(OutboxList);
    const { listLetters } = await import('../../cli/outbox/outbox-session.js');
    await listLetters({ flags, output: this.output, limit: flags.limit });
  }
}
