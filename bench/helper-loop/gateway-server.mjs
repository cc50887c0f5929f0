import { Gateway } from '../../dist/gateway/gateway.js';
import { loadConfig } from '../../dist/gateway/config-file/load-config.js';

const LOG = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };

/** The whole gateway, with its helpers at pause 0, as `wsg devhelpers --pause 0` runs it. */
export async function startGateway(transport, roundsPerFlush) {
  const options = { pauseMs: 0, roundsPerFlush };
  const overrides = { listen_addr: '127.0.0.1:0', transport, plugins: [{ module: 'devhelpers', options }] };
  // No file by the default name lies there.
  const { config } = loadConfig({ cwd: import.meta.dirname, env: {}, overrides });
  const gateway = new Gateway(config, { log: LOG });
  const { port } = await gateway.start();
  return { port, run: () => undefined };
}
