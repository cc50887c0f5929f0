// gateway-server.mjs REDIS_URL TRANSPORT: the whole gateway with the Redis sink. Answers each
// message with what it has cost.
import { Gateway } from '../../dist/gateway/gateway.js';
import { configSchema } from '../../dist/gateway/config-file/config-schema.js';
import { resolveConfig } from '../../dist/gateway/config-file/resolve-config.js';

const LOG = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };

const file = configSchema.parse({
  listen_addr: '127.0.0.1:0',
  transport: process.argv[3],
  endpoints: [{ path: '/connect', set_tags: { foo: 'bar' }, stream_include_tags: ['foo'] }],
  stream_redis: { addr: process.argv[2] },
});
const gateway = new Gateway(resolveConfig(file, process.cwd()), { log: LOG });
const { port } = await gateway.start();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuUs: user + system });
});
process.send(port);
