import { Command } from '@oclif/core/command';
import { isOclifError, usageError } from './oclif-error.js';
import { type Output, processOutput } from './output.js';
import { reportError } from './report-error.js';

/** What all commands share: where they write, and how an error ends them. */
export abstract class BaseCommand extends Command {
  protected readonly output: Output = processOutput();

  /** Prints the error and sets the exit code; the process ends when nothing is open any more. */
  protected override async catch(error: Error): Promise<void> {
    const shown = isOclifError(error) ? usageError(error, this.id) : error;
    process.exitCode = reportError(shown, this.output, {
      json: this.argv.includes('--json'),
      showStack: process.env.DEBUG !== undefined,
    });
  }
}
