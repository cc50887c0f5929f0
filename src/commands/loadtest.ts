import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { k6Flags } from '../cli/loadtest/k6-flags.js';
import { dialFlags } from '../cli/loadtest/dial-flags.js';
import { DEFAULT_LOG, LoadLog, typedLogFormat } from '../cli/loadtest/load-log.js';
import { labelFlag, readLabels } from '../cli/loadtest/run-labels.js';
import { scenarioFlags, watchFlags } from '../cli/loadtest/load-flags.js';

/** `wsg loadtest`: virtual users against a gateway. */
export default class Loadtest extends BaseCommand {
  static override summary = 'Run virtual users against a gateway and print what they met.';
  static override description =
    'SCRIPT is a k6 script, or `-` for standard input; it decides what virtual users do and how many there are.\n' +
    'Without one each virtual user connects, sends a ping and `hello` every 1, 2 or 3 s, checks every message, and closes after 5 to 40 s.\n' +
    'Without a load option: 100 virtual users for 30 s. Durations are as in k6: 30s, 1m30s; a bare number is milliseconds.\n' +
    'Options of load and summary can also come from the environment: WSG_VUS before K6_VUS, and so on.';
  static override usage = 'loadtest [SCRIPT] [FLAGS]';
  static override examples = [
    '<%= config.bin %> loadtest --spawn-gateway',
    '<%= config.bin %> loadtest script.js',
    '<%= config.bin %> loadtest --vus 10 --duration 5s --url ws://127.0.0.1:8080/connect',
  ];
  /** Arguments are read by hand: k6's `run` is accepted in front of the script. */
  static override strict = false;
  static override flags = {
    scenario: Flags.string({
      helpValue: 'NAME',
      description:
        'What virtual users do without a script: snapshot (the default), echo, flood, idle, churn, storm, fan-out.',
    }),
    vus: Flags.string({ char: 'u', helpValue: 'N', description: 'Virtual users.' }),
    duration: Flags.string({ char: 'd', helpValue: 'DURATION', description: 'How long they start iterations.' }),
    iterations: Flags.string({ char: 'i', helpValue: 'N', description: 'Iterations that they share.' }),
    'graceful-stop': Flags.string({
      helpValue: 'DURATION',
      description: 'How long iterations may end after the duration; 30s by default.',
    }),
    seed: Flags.string({
      helpValue: 'N',
      description: 'What the virtual users draw their random pauses from; 1 by default.',
    }),
    threads: Flags.string({
      helpValue: 'N',
      description: 'Threads that virtual users are spread over; one less than there are cores by default.',
    }),
    'spawn-gateway': Flags.boolean({
      exclusive: ['url', 'gateway'],
      description:
        'Start a gateway on a free port for the time of the run, and connect there: `wsg devhelpers` for snapshot and scripts, else `wsg serve`.',
    }),
    'spawn-echo': Flags.boolean({
      exclusive: ['url', 'spawn-gateway'],
      description:
        'Start a server that answers each message with the same one, for the time of the run, and connect there.',
    }),
    gateway: Flags.string({
      helpValue: 'URL',
      description: "Read this gateway's counters each second, from its /metrics, and print them beside ours.",
    }),
    run: Flags.string({ helpValue: 'FILE', description: 'The run file; runs/<time>-<scenario>.run by default.' }),
    label: labelFlag,
    'no-run': Flags.boolean({ exclusive: ['run'], description: 'Write no run file.' }),
    'summary-mode': Flags.string({
      helpValue: 'MODE',
      description: 'legacy, compact, full or disabled; legacy by default.',
    }),
    'summary-trend-stats': Flags.string({
      helpValue: 'STATS',
      description: "Columns of trends; 'avg,min,med,max,p(90),p(95)' by default.",
    }),
    'summary-time-unit': Flags.string({ helpValue: 'UNIT', description: 's, ms or us; a fitting one by default.' }),
    'no-preflight': Flags.boolean({
      description: 'Start although open files, ports or memory may not be enough.',
    }),
    calibrate: Flags.boolean({
      description:
        'Measure what this machine can do, against an echo server of its own; with --json as one JSON object.',
    }),
    inspect: Flags.boolean({
      description: 'Print the plan as JSON and its schedule as a chart, and run nothing; with --json the JSON alone.',
    }),
    json: Flags.boolean({
      description: 'Print one JSON object to standard output, everything else to standard error.',
    }),
    quiet: Flags.boolean({ char: 'q', description: 'No header and no progress.' }),
    'no-color': Flags.boolean({ description: 'No colours; as does NO_COLOR.' }),
    'allow-saturated': Flags.boolean({
      description: 'End with 0 although the load generator was the bottleneck, as k6 does.',
    }),
    ...scenarioFlags,
    ...dialFlags,
    ...watchFlags,
    ...k6Flags,
  };

  /** What is wrong before the load test has its log looks as that log would. */
  protected override async catch(error: Error): Promise<void> {
    const { stderr, stdout } = this.output;
    const wish = { ...DEFAULT_LOG, format: typedLogFormat(this.argv, process.env) };
    const log = new LoadLog(wish, { stderr, stdout, elapsedMs: () => 0 });
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
