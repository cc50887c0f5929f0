import { percentileDistribution } from '../../core/histogram/hdr-export.js';
import type { Run } from '../../run-file/records.js';
import { latencySeries } from './hdr-table.js';

/**
 * Renders the full percentile distribution of each trend of a run in the format of HdrHistogram
 * (`.hgrm`), each below a line `# name kind`.
 */
export function renderSpectra(run: Run): string {
  const texts: string[] = [];
  for (const { name, kind, histogram } of latencySeries(run))
    texts.push(`# ${name} ${kind}, in ms\n${percentileDistribution(histogram)}`);
  return texts.join('\n');
}
