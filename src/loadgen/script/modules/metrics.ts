import type { MetricType } from '../../../run-file/records.js';
import type { Metric } from '../../metric/metric.js';
import type { VuContext } from '../runtime/vu-context.js';
import { onlyInInit, tagsArgument } from '../runtime/values.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]{1,128}$/;

/** The module `k6/metrics` of one virtual user. */
export function createMetricsModule(vu: VuContext): object {
  const define = (type: MetricType) =>
    class {
      readonly name: string;
      readonly #metric: Metric;

      constructor(name: unknown, isTime?: unknown) {
        if (!vu.isInit) throw onlyInInit('metrics');
        this.name = checkName(name);
        const isTimeMetric = type === 'trend' || type === 'gauge' || type === 'counter' ? isTime === true : false;
        this.#metric = vu.thread.registry.define(this.name, type, isTimeMetric ? 'time' : 'default');
      }

      add(value: unknown, tags?: unknown): boolean {
        if (vu.isInit) throw new Error('metrics cannot be added to in the init context');
        const own = tagsArgument(`${this.name}.add()`, tags);
        const number = sampleValue(value);
        if (Number.isNaN(number)) return this.#refuse(value);
        this.#metric.add(number, vu.tagsWith(own));
        return true;
      }

      #refuse(value: unknown): boolean {
        const text = `'${String(value)}' is an invalid value for metric '${this.name}', a number or a boolean value is expected`;
        if (vu.thread.runtime.throwsOnFailure) throw new Error(text);
        vu.thread.log.write({ level: 'warning', text });
        return false;
      }
    };
  return { Counter: define('counter'), Gauge: define('gauge'), Rate: define('rate'), Trend: define('trend') };
}

function checkName(name: unknown): string {
  const text = typeof name === 'string' ? name : '';
  if (NAME.test(text)) return text;
  const rule =
    'it must begin with a letter or underscore, contain only letters, digits and underscores, and have 2 to 129 characters';
  throw new Error(`invalid metric name: '${String(name)}'; ${rule}`);
}

/**
 * Converts a value like JavaScript, and therefore k6: `''` and `[]` are 0, a date is its
 * milliseconds. Only null is refused.
 */
function sampleValue(value: unknown): number {
  return value === null || typeof value === 'symbol' || typeof value === 'bigint' ? Number.NaN : Number(value);
}
