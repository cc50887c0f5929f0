import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { gatewayFlags } from '../cli/gateway/gateway-flags.js';

/** `wsg serve`: the gateway. */
export default class Serve extends BaseCommand {
  static override summary = 'Hold WebSocket connections and hand their events to a backend.';
  static override description =
    'Without a configuration it listens on 127.0.0.1:5000 with one endpoint, /connect, and keeps events for `GET /events`.\n' +
    'SIGTERM or Ctrl-C closes all connections with 1001 and ends with 0; a second one cuts.';
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --config config.yml --listen 0.0.0.0:8080',
    '<%= config.bin %> serve --check --config config.yml',
  ];
  static override flags = {
    ...gatewayFlags('json'),
    check: Flags.boolean({
      description: 'Try all that a start needs, configuration, files, ports and backends, change nothing, and end.',
    }),
    json: Flags.boolean({ dependsOn: ['check'], description: 'With --check: print one JSON object.' }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Serve);
    if (flags.check) {
      const { runCheck } = await import('../cli/gateway/check-session.js');
      process.exitCode = await runCheck({ flags, json: flags.json, output: this.output });
      return;
    }
    const { runGateway } = await import('../cli/gateway/gateway-session.js');
    await runGateway({ flags, plugins: [] });
  }
}
