import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GatewayConfig } from '../../../src/gateway/config/gateway-config.js';
import { configSchema } from '../../../src/gateway/config-file/config-schema.js';
import { environmentTwins } from '../../../src/gateway/config-file/environment.js';
import { loadConfig } from '../../../src/gateway/config-file/load-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function load(yaml: string, env: Readonly<Record<string, string>>, folder?: string) {
  const cwd = folder ?? (await temporaryFolder());
  await writeFile(join(cwd, 'config.yml'), yaml);
  return loadConfig({ cwd, env });
}

/** The variables that Kubernetes sets for a Service of this name, in upper case, with two ports. */
function serviceVariables(service: string): Record<string, string> {
  return {
    [`${service}_SERVICE_HOST`]: '10.96.0.7',
    [`${service}_SERVICE_PORT`]: '8080',
    [`${service}_SERVICE_PORT_HTTP`]: '8080',
    [`${service}_SERVICE_PORT_METRICS_1`]: '9090',
    [`${service}_PORT`]: 'tcp://10.96.0.7:8080',
    [`${service}_PORT_8080_TCP`]: 'tcp://10.96.0.7:8080',
    [`${service}_PORT_8080_TCP_PROTO`]: 'tcp',
    [`${service}_PORT_8080_TCP_PORT`]: '8080',
    [`${service}_PORT_8080_TCP_ADDR`]: '10.96.0.7',
    [`${service}_PORT_53_UDP_ADDR`]: '10.96.0.7',
    [`${service}_PORT_5000_SCTP`]: 'sctp://10.96.0.7:5000',
  };
}

it.each(['WSG_GATEWAY', 'WSG_GATEWAY_INTERNAL', 'WSG_GATEWAY_EU_1'])(
  'passes over the variables of a Kubernetes Service that begin with %s',
  async (service) => {
    const { config, warnings } = await load('endpoints: [{}]', serviceVariables(service));
    expect(warnings).toEqual([]);
    expect(config.listen).toEqual({ host: '0.0.0.0', port: 8080 });
  },
);

it('warns of a misspelt variable that resembles one of Kubernetes', async () => {
  const { warnings } = await load('endpoints: [{}]', {
    WSG_GATEWAY_LISTEN_PORTS: '80',
    WSG_GATEWAY_PORT_TCP: '80',
    WSG_GATEWAY_SERVICE: 'x',
  });
  expect(warnings.map((warning) => warning.replace(/:.*/, ''))).toEqual([
    'WSG_GATEWAY_LISTEN_PORTS',
    'WSG_GATEWAY_PORT_TCP',
    'WSG_GATEWAY_SERVICE',
  ]);
});

it('no key has a variable that Kubernetes could set', async () => {
  for (const { variable } of environmentTwins(configSchema.node))
    expect(variable).not.toMatch(/_(SERVICE_HOST|SERVICE_PORT|PORT)$/);
});

it('an empty variable means the default, for every type of key', async () => {
  const variables = environmentTwins(configSchema.node);
  const env = Object.fromEntries(variables.map(({ variable }) => [variable, '']));
  const folder = await temporaryFolder();
  const plain = await load('endpoints: [{}]', {}, folder);
  const { config, warnings } = await load('endpoints: [{}]', env, folder);
  expect(warnings).toEqual([]);
  expect(config).toEqual(plain.config);
});

/** Without the functions that make the sinks, which are never equal. */
function comparable({ sinks, ...config }: GatewayConfig): unknown {
  return { ...config, sinks: { ...sinks, on: sinks.on.map((sink) => ({ ...sink, create: undefined })) } };
}

it.each(['', ' ', '\n'])(
  'a variable that holds %j leaves what the file says, keys of the API among it',
  async (blank) => {
    const yaml =
      'endpoints: [{}]\ntransport: uws\nlisten_addr: 127.0.0.1:1\nnode: {number: 7}\nstream_redis: {addr: "redis://a"}\nprometheus: {enabled: true}\n' +
      'internal_api_keys: [0123456789abcdef]\ninternal_endpoint_access_whitelist: [10.0.0.0/8]\nstream_amqp: {headers: {a: b}}';
    const variables = environmentTwins(configSchema.node);
    const env = Object.fromEntries(variables.map(({ variable }) => [variable, blank]));
    const folder = await temporaryFolder();
    const [blanked, plain] = [await load(yaml, env, folder), await load(yaml, {}, folder)];
    expect(comparable(blanked.config)).toEqual(comparable(plain.config));
  },
);

it('a variable of a list that holds [] is an empty list, whatever the file says', async () => {
  const yaml = 'endpoints: [{}]\ninternal_endpoint_access_whitelist: [10.0.0.0/8]';
  const { config } = await load(yaml, { WSG_GATEWAY_INTERNAL_ENDPOINT_ACCESS_WHITELIST: '[]' });
  expect(config.whitelist).toEqual([]);
});
