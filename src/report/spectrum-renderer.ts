import type { Run } from '../run-file/records.js';
import { renderSpectra } from '../summary/spectrum.js';
import type { Renderer } from './renderer.js';

/** HdrHistogram's percentile distribution of each trend, for plotters. */
export const spectrumRenderer: Renderer = {
  render: (run: Run): string => renderSpectra(run),
};
