export { RunFileWriter } from './run-file-writer.js';
export { readHeader, readOutline, readRun, type RunOutline } from './read-run.js';
export { SecondReader, type FileSecond } from './second-reader.js';
