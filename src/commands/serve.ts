import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { gatewayFlags } from '../cli/gateway/gateway-flags.js';

/** `wsg serve`: the gateway. */
export default class Serve extends BaseCommand {
  static override summary = 'Run the gateway: hold WebSocket connections and send their events to a backend.';
  static override description =
    'Without a configuration the gateway listens on 127.0.0.1:5000, serves one endpoint, /connect, and keeps events for `GET /events`.\n' +
    'SIGTERM or Ctrl-C closes all connections with 1001, flushes events and exits with 0. A second signal exits at once.';
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --config config.yml --listen 0.0.0.0:8080',
    '<%= config.bin %> serve --check --config config.yml',
  ];
  static override flags = {
    ...gatewayFlags('json'),
    check: Flags.boolean({
      description: 'Check everything a start needs (configuration, files, ports, backends) and exit. Changes nothing.',
    }),
    json: Flags.boolean({ dependsOn: ['check'], description: 'With --check: print the result as one JSON object.' }),
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
