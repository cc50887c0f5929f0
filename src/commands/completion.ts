import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';
import { COMPLETION_SHELLS, type CompletionShell } from '../cli/completion-script.js';

/** `wsg completion bash`: what a shell needs to complete commands and flags. */
export default class Completion extends BaseCommand {
  static override summary = 'Print a script that lets a shell complete commands and flags.';
  static override description =
    'Prints only: evaluate it in the shell, or in the file that the shell reads at its start.';
  static override examples = [
    'eval "$(<%= config.bin %> completion bash)"',
    '<%= config.bin %> completion zsh >> ~/.zshrc',
  ];
  static override args = {
    shell: Args.custom<CompletionShell>({ options: [...COMPLETION_SHELLS] })({
      required: true,
      description: 'The shell that reads it.',
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
