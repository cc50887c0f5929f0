import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { loadConfig, type LoadedConfig } from '../../src/gateway/config-file/load-config.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const labels = z.record(z.string(), z.string());
const selector = z.object({ matchLabels: labels });
const probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number(),
  failureThreshold: z.number(),
});
const variable = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({
      fieldRef: z.object({ fieldPath: z.string() }).optional(),
      secretKeyRef: z.object({ name: z.string(), key: z.string(), optional: z.boolean().optional() }).optional(),
    })
    .optional(),
});
const container = z.object({
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(variable),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.object({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
});
const volume = z.object({
  name: z.string(),
  configMap: z.object({ name: z.string() }).optional(),
  secret: z
    .object({ secretName: z.string(), items: z.array(z.object({ key: z.string(), path: z.string() })) })
    .optional(),
});
const statefulSet = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    replicas: z.number(),
    serviceName: z.string(),
    selector,
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        terminationGracePeriodSeconds: z.number(),
        securityContext: z.object({ runAsUser: z.number() }),
        containers: z.tuple([container]),
        volumes: z.array(volume),
      }),
    }),
    volumeClaimTemplates: z.array(z.object({ metadata: z.object({ name: z.string() }) })).optional(),
  }),
});
const service = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    clusterIP: z.string().optional(),
    selector: labels,
    ports: z.array(z.object({ targetPort: z.string() })),
  }),
});
const networkPolicy = z.object({
  spec: z.object({
    podSelector: selector,
    ingress: z.array(z.object({ ports: z.array(z.object({ port: z.string() })) })),
  }),
});

/** The objects of a gateway among those of some manifests. */
export class GatewayManifests {
  readonly statefulSet: z.infer<typeof statefulSet>;
  readonly services: readonly z.infer<typeof service>[];
  readonly config: string;
  readonly secret: Readonly<Record<string, string>>;
  readonly budget: Readonly<Record<string, string>>;
  readonly networkPolicy: z.infer<typeof networkPolicy>;

  /** Throws if an object is missing or has another shape. */
  constructor(text: string, name: string) {
    const all = parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
      if (document.errors.length > 0) throw new Error(document.errors.join('\n'));
      const value: unknown = document.toJS();
      return value === null ? [] : [value];
    });
    const named = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) });
    const of = (kind: string): unknown[] =>
      all.filter((one) => {
        const { data } = named.safeParse(one);
        return data?.kind === kind && (data.metadata.name === name || data.metadata.name.startsWith(`${name}-`));
      });
    this.statefulSet = statefulSet.parse(of('StatefulSet')[0]);
    this.services = z.array(service).parse(of('Service'));
    this.config = z.object({ data: z.object({ 'config.yml': z.string() }) }).parse(of('ConfigMap')[0]).data[
      'config.yml'
    ];
    this.secret = z.object({ stringData: labels }).parse(of('Secret')[0]).stringData;
    this.budget = z
      .object({ spec: z.object({ selector }) })
      .parse(of('PodDisruptionBudget')[0]).spec.selector.matchLabels;
    this.networkPolicy = networkPolicy.parse(of('NetworkPolicy')[0]);
  }

  get pod(): z.infer<typeof statefulSet>['spec']['template']['spec'] {
    return this.statefulSet.spec.template.spec;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.statefulSet.spec.template.metadata.labels;
  }

  get container(): z.infer<typeof container> {
    return this.pod.containers[0];
  }

  /** The files of the Secret, by their path in the container. */
  get secretFiles(): ReadonlyMap<string, string> {
    return new Map(
      this.pod.volumes.flatMap(({ name, secret }) => {
        const folder = this.container.volumeMounts.find((mount) => mount.name === name)?.mountPath ?? '';
        return (secret?.items ?? []).map(({ key, path }): [string, string] => [
          `${folder}/${path}`,
          this.secret[key] ?? '',
        ]);
      }),
    );
  }

  /** The variables of the pod with this ordinal. */
  environmentOf(ordinal: number): Record<string, string> {
    const fields: Readonly<Record<string, string>> = {
      "metadata.labels['apps.kubernetes.io/pod-index']": String(ordinal),
      'metadata.name': `${this.statefulSet.metadata.name}-${ordinal}`,
      'metadata.namespace': 'wsg',
    };
    const result: Record<string, string> = {};
    for (const one of this.container.env) {
      const own = this.#valueOf(one, fields);
      if (own !== undefined)
        result[one.name] = own.replaceAll(/\$\((\w+)\)/g, (_, other: string) => result[other] ?? '');
    }
    return result;
  }

  #valueOf(
    { name, value, valueFrom = {} }: z.infer<typeof variable>,
    fields: Readonly<Record<string, string>>,
  ): string | undefined {
    const { fieldRef, secretKeyRef } = valueFrom;
    if (value !== undefined) return value;
    if (fieldRef !== undefined) return fields[fieldRef.fieldPath];
    const own = this.secret[secretKeyRef?.key ?? ''];
    if (own === undefined && secretKeyRef?.optional !== true) throw new Error(`${name} has no value`);
    return own;
  }

  /** Writes the configuration and its files as a pod has them, below a folder of their own. */
  async write(): Promise<string> {
    const cwd = await temporaryFolder();
    let text = this.config.replaceAll('/var/lib/wsg/', `${cwd}/`);
    for (const [at, [path, content]] of [...this.secretFiles].entries()) {
      const file = join(cwd, `secret-${at}`);
      await writeFile(file, content);
      text = text.replaceAll(path, file);
    }
    await writeFile(join(cwd, 'config.yml'), text);
    return cwd;
  }

  /** Loads the configuration as the pod with this ordinal does. */
  async load(ordinal: number): Promise<LoadedConfig> {
    return loadConfig({ cwd: await this.write(), env: this.environmentOf(ordinal) });
  }
}
