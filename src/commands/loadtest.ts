import { BaseCommand } from '../cli/base-command.js';
import { DEFAULT_LOG, LoadLog, typedLogFormat } from '../cli/loadtest/load-log.js';
import { optionFlags } from '../cli/loadtest/option-flags.js';
import { runFlags } from '../cli/loadtest/run-flags.js';
import { readLabels } from '../cli/loadtest/run-labels.js';

/** `wsg loadtest`: virtual users against a server. */
export default class Loadtest extends BaseCommand {
  static override summary = 'Run a load test of a WebSocket server and print its results.';
  static override description =
    'SCRIPT is a k6 script, or `-` for standard input; it defines what virtual users do and how many there are.\n' +
    'Without a script the scenario snapshot runs: each virtual user connects, sends a ping and `hello` every 1, 2 or 3 s, checks every message, and closes after 5 to 40 s.\n' +
    'The default load is 100 virtual users for 30 s. Durations are written as in k6: 30s, 1m30s; a bare number is milliseconds.\n' +
    'Environment variables set options too: WSG_VUS, then K6_VUS, and so on.';
  static override usage = 'loadtest [SCRIPT] [FLAGS]';
  static override examples = [
    '<%= config.bin %> loadtest --spawn-gateway',
    '<%= config.bin %> loadtest script.js',
    '<%= config.bin %> loadtest --vus 10 --duration 5s --url ws://127.0.0.1:8080/connect',
  ];
  /** Arguments are not declared: k6's `run` is accepted in front of the script. */
  static override strict = false;
  static override flags = { ...runFlags, ...optionFlags };

  /** Formats errors from before the log exists as that log would. */
  protected override async catch(error: Error): Promise<void> {
    const { stderr, stdout } = this.output;
    const options = { ...DEFAULT_LOG, format: typedLogFormat(this.argv, process.env) };
    const log = new LoadLog(options, { stderr, stdout, elapsedMs: () => 0 });
    this.reportAs(error, (line) => log.write(line));
  }

  override async run(): Promise<void> {
    const { flags, argv } = await this.parse(Loadtest);
    const { output, config } = this;
    if (flags.calibrate) {
      const { runCalibration } = await import('../cli/loadtest/calibrate-session.js');
      const { threads, json } = flags;
      process.exitCode = await runCalibration({ threads, json, output, version: config.version });
      return;
    }
    const labels = readLabels(flags.label, process.env);
    const { runLoadtest } = await import('../cli/loadtest/loadtest-session.js');
    process.exitCode = await runLoadtest({ flags, args: argv.map(String), output, version: config.version, labels });
  }
}
