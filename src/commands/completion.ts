import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';
import { COMPLETION_SHELLS, type CompletionShell } from '../cli/completion-script.js';

/** `wsg completion bash`: prints a completion script for a shell. */
export default class Completion extends BaseCommand {
  static override summary = 'Print a shell script that completes commands and flags.';
  static override description = 'Evaluate the script in the shell, or in its start-up file.';
  static override examples = [
    'eval "$(<%= config.bin %> completion bash)"',
    '<%= config.bin %> completion zsh >> ~/.zshrc',
  ];
  static override args = {
    shell: Args.custom<CompletionShell>({ options: [...COMPLETION_SHELLS] })({
      required: true,
      description: 'Shell to print the script for.',
    }),
  };

  override async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    const { completionScript } = await import('../cli/completion-script.js');
    const commands = this.config.commands.map(({ id, flags, args: taken }) => ({
      name: id.replaceAll(':', ' '),
      flags: Object.entries(flags).map(([name, flag]) => ({
        name,
        values: flag.type === 'option' ? (flag.options ?? []) : [],
      })),
      choices: Object.values(taken).flatMap(({ options }) => options ?? []),
    }));
    this.output.stdout.write(completionScript(args.shell, commands));
  }
}
