import { bytesToByteText } from '../../core/byte-text.js';
import { JsonPath } from '../../core/json-path/json-path.js';
import { substituteBytes } from './substitute.js';

/** Reads an endpoint's variables from messages: a message is decoded once, and searched once for each variable, up to what is found. */
export class JsonVariables {
  readonly #paths: readonly JsonPath[];

  constructor(paths: readonly string[]) {
    this.#paths = paths.map((path) => new JsonPath(path));
  }

  /** The text of each, in the order of the paths, fit to be substituted; '' where there is none. */
  read(message: Uint8Array): readonly string[] {
    const json = bytesToByteText(message);
    return this.#paths.map((path) => substituteBytes(path.read(json)));
  }
}
