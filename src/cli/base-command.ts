import { Command } from '@oclif/core/command';
import type { LogLine } from './log-line.js';
import { isOclifError, usageError, reportError } from './report-error.js';
import { type Output, processOutput } from './output.js';

/** Base of all commands: their output and error handling. */
export abstract class BaseCommand extends Command {
  protected readonly output: Output = processOutput();

  /** Prints the error and sets the exit code; the process ends when nothing keeps it running. */
  protected override async catch(error: Error): Promise<void> {
    this.reportAs(error);
  }

  /** The same, as a log line if there is a log. */
  protected reportAs(error: Error, log?: (line: LogLine) => void): void {
    const shown = isOclifError(error) ? usageError(error, this.id) : error;
    process.exitCode = reportError(shown, this.output, {
      json: this.argv.includes('--json'),
      showStack: process.env.DEBUG !== undefined,
      ...(log && { log }),
    });
  }
}
