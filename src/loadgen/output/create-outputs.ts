import { parseListenAddress } from '../../core/listen-address.js';
import { withScheme } from '../../core/missing-scheme.js';
import type { Plan } from '../plan/plan.js';
import { keptSubmetrics } from '../plan/read-thresholds.js';
import { CsvOutput } from './csv-output.js';
import { parseCsvOptions } from './csv-options.js';
import { JsonOutput } from './json-output.js';
import type { LoadOutput } from './load-outputs.js';
import { OtlpOutput } from './otlp-output.js';
import { PrometheusOutput } from './prometheus-output.js';
import { isStandardOutput } from './sample-file.js';

const FORMS = 'json=FILE, json (standard output), csv=FILE, prometheus, prometheus=HOST:PORT, otlp=URL';
const PROMETHEUS_ADDRESS = { host: '127.0.0.1', port: 5656 } as const;

/** A parsed `--out`, before there is a plan. */
export interface OutputOptions {
  /** Whether samples go to standard output, so that nothing else may be written there. */
  readonly takesStandardOutput?: boolean;
  readonly create: (plan: Pick<Plan, 'behaviour' | 'thresholds' | 'submetrics' | 'runtime'>) => LoadOutput;
}

/** Parses the value of one `--out`. Returns a sentence if it is invalid. */
export function parseOutput(
  text: string,
  env: Readonly<Record<string, string | undefined>> = {},
): OutputOptions | { readonly problem: string } {
  const [, type = text, target = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  switch (type) {
    case 'json':
      return {
        takesStandardOutput: isStandardOutput(target),
        create: (plan) => new JsonOutput(target, { ...plan, submetrics: keptSubmetrics(plan) }),
      };
    case 'csv':
      return parseCsv(target, env);
    case 'prometheus':
      return parsePrometheus(target);
    case 'otlp':
      return parseOtlp(target);
    default:
      return { problem: `out: '${text}' must be one of ${FORMS}` };
  }
}

function parseCsv(target: string, env: Readonly<Record<string, string | undefined>>): ReturnType<typeof parseOutput> {
  const csv = parseCsvOptions(target, env);
  if ('problem' in csv) return csv;
  const takesStandardOutput = isStandardOutput(csv.path);
  return { takesStandardOutput, create: ({ runtime }) => new CsvOutput(csv, runtime.systemTags) };
}

function parsePrometheus(target: string): OutputOptions | { readonly problem: string } {
  const address = target === '' ? PROMETHEUS_ADDRESS : parseListenAddress(target);
  if (address === undefined)
    return { problem: `out: '${target}' must be the host:port at which Prometheus can fetch metrics` };
  return { create: () => new PrometheusOutput(address) };
}

function parseOtlp(given: string): OutputOptions | { readonly problem: string } {
  const target = withScheme(given, ['http', 'https']);
  if (!/^https?:\/\//.test(target) || !URL.canParse(target)) {
    return { problem: `out: '${target}' must be the URL of an OTLP collector such as http://127.0.0.1:4318` };
  }
  const url = new URL(target);
  if (url.username !== '' || url.password !== '')
    return { problem: 'out: the URL of an OTLP collector must not contain a password' };
  return { create: () => new OtlpOutput(url) };
}
