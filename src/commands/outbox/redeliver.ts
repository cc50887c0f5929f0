import { BaseCommand } from '../../cli/base-command.js';
import { outboxFlags } from '../../cli/outbox/outbox-flags.js';

/** `wsg outbox redeliver`: sends dead letters to their sinks again. */
export default class OutboxRedeliver extends BaseCommand {
  static override summary = 'Send dead letters to the sink that refused them, with the same event ids.';
  static override description =
    'Works beside a gateway that runs, and may be interrupted at any moment: a letter is in its file until its sink has\n' +
    'acknowledged it, so after a kill some are sent twice. What is refused again stays, with its new reason and time.\n' +
    'Ends with 15 when a sink takes nothing, and with 105 after Ctrl-C.';
  static override examples = [
    '<%= config.bin %> outbox redeliver --config config.yml',
    '<%= config.bin %> outbox redeliver --sink webhook --reason "404" --since 1h',
  ];
  static override flags = outboxFlags;

  override async run(): Promise<void> {
    const { flags } = await this.parse(OutboxRedeliver);
    const { redeliver } = await import('../../cli/outbox/outbox-work.js');
    process.exitCode = await redeliver({ flags, output: this.output });
  }
}
