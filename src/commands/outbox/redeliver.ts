import { BaseCommand } from '../../cli/base-command.js';
import { outboxFlags } from '../../cli/outbox/outbox-flags.js';

/** `wsg outbox redeliver`: sends dead letters to their sinks again. */
export default class OutboxRedeliver extends BaseCommand {
  static override summary = 'Send dead letters to the sink that refused them, with the same event ids.';
  static override description =
    'Can be used while the gateway runs, and may be interrupted at any time: a dead letter stays in its file until its sink has\n' +
    'acknowledged it, so after a kill some may be sent twice. Events that are refused again stay, with the new reason and time.\n' +
    'Exit codes: 15 if a sink accepts nothing, 105 after Ctrl-C.';
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
