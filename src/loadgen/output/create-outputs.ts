import { parseListenAddress } from '../../core/listen-address.js';
import { withScheme } from '../../core/missing-scheme.js';
import type { Plan } from '../plan/plan.js';
import { CsvOutput } from './csv-output.js';
import { JsonOutput } from './json-output.js';
import type { LoadOutput } from './load-output.js';
import { OtlpOutput } from './otlp-output.js';
import { PrometheusOutput } from './prometheus-output.js';

const FORMS = 'json=FILE, csv=FILE, prometheus, prometheus=HOST:PORT, otlp=URL';
const PROMETHEUS_ADDRESS = { host: '127.0.0.1', port: 5656 } as const;

/** What an `--out` names, before there is a plan. */
export type OutputWish = (plan: Pick<Plan, 'thresholds' | 'submetrics' | 'runtime'>) => LoadOutput;

/** Parses the value of one `--out`; a sentence when it is none. */
export function parseOutput(text: string): OutputWish | { readonly problem: string } {
  const [, type = text, target = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  switch (type) {
    case 'json':
      return target === '' ? noFile(text) : (plan) => new JsonOutput(target, plan);
    case 'csv':
      return target === '' ? noFile(text) : ({ runtime }) => new CsvOutput(target, runtime.systemTags);
    case 'prometheus':
      return parsePrometheus(target);
    case 'otlp':
      return parseOtlp(target);
    default:
      return { problem: `out: '${text}' is none of ${FORMS}` };
  }
}

function noFile(text: string): { readonly problem: string } {
  return { problem: `out: '${text}' names no file, as in ${text.replace('=', '')}=samples.${text.replace('=', '')}` };
}

function parsePrometheus(target: string): OutputWish | { readonly problem: string } {
  const address = target === '' ? PROMETHEUS_ADDRESS : parseListenAddress(target);
  if (address === undefined) return { problem: `out: '${target}' is no host:port to serve Prometheus on` };
  return () => new PrometheusOutput(address);
}

function parseOtlp(given: string): OutputWish | { readonly problem: string } {
  const target = withScheme(given, ['http', 'https']);
  if (!/^https?:\/\//.test(target) || !URL.canParse(target)) {
    return { problem: `out: '${target}' is no URL of an OTLP collector such as http://127.0.0.1:4318` };
  }
  const url = new URL(target);
  if (url.username !== '' || url.password !== '')
    return { problem: 'out: the URL of an OTLP collector may hold no password' };
  return () => new OtlpOutput(url);
}
