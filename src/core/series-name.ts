/** A metric, or a submetric, which has the samples with all of the tags. */
export interface SeriesName {
  readonly metric: string;
  /** Empty for the metric itself. */
  readonly tags: ReadonlyMap<string, string>;
}

const SERIES = /^(?<metric>[^{}]+)(?:\{(?<tags>[^{}]*)\})?$/;
/** k6 accepts tags in quotes, too. */
const AROUND = /^[\s"']+|[\s"']+$/g;

/**
 * Parses `metric` or `metric{tag:value,tag:value}` as k6 does in thresholds (k6 docs, "Thresholds
 * on tags"): a tag ends at its first colon, spaces and quotes around keys and values do not count.
 * Returns the problem as a sentence if the text is neither.
 */
export function parseSeriesName(text: string): SeriesName | { readonly problem: string } {
  const { metric, tags } = SERIES.exec(text.trim())?.groups ?? {};
  if (metric === undefined) return { problem: `'${text}' must be a metric or metric{tag:value}` };
  if (tags === undefined || tags.trim() === '') return { metric: metric.trim(), tags: new Map() };
  const parsed = new Map<string, string>();
  for (const pair of tags.split(',')) {
    const colon = pair.indexOf(':');
    const key = (colon < 0 ? pair : pair.slice(0, colon)).replace(AROUND, '');
    if (key === '') return { problem: `'${text}' has a tag without a name` };
    parsed.set(key, colon < 0 ? '' : pair.slice(colon + 1).replace(AROUND, ''));
  }
  return { metric: metric.trim(), tags: parsed };
}
