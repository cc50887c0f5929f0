import { STAMP_BYTES } from '../scenario/message-stamp.js';
import type { PublishPlan } from './built-in-plan.js';
import { readHeaderLines } from './header-lines.js';
import { DEFAULT_SIZE, LARGEST_SIZE } from './message-size.js';
import type { Layer } from './option-layers.js';
import type { OptionReader } from './option-reader.js';

/** What is published where unless the options say so. */
export interface PublishDefaults {
  /** Where a gateway at the target takes messages. */
  readonly publishUrl: string;
}

const METHOD = /^[A-Z]{1,16}$/;

/** Reads the request of `fan-out`. */
export function readPublish(options: Layer, { publishUrl }: PublishDefaults, reader: OptionReader): PublishPlan {
  return {
    url: readUrl(options, publishUrl, reader),
    method: readMethod(options, reader),
    headers: readHeaderLines(options.get('publishHeaders'), reader),
    body: readBody(options, reader),
  };
}

function readUrl(options: Layer, otherwise: string, reader: OptionReader): string {
  const setting = options.get('publishUrl');
  if (setting === undefined) return otherwise;
  const url = reader.withScheme(setting, reader.text(setting) ?? otherwise, ['http', 'https']);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    reader.complain(setting, `'${url}' must be a URL such as http://127.0.0.1:5000/send?all=true`);
  }
  return url;
}

function readMethod(options: Layer, reader: OptionReader): string {
  const setting = options.get('publishMethod');
  const method = reader.text(setting) ?? 'POST';
  if (setting !== undefined && !METHOD.test(method))
    reader.complain(setting, `'${method}' must be a method such as POST`);
  return method;
}

function readBody(options: Layer, reader: OptionReader): string {
  const setting = options.get('publishBody');
  const body = reader.text(setting);
  if (setting === undefined || body === undefined) return defaultBody(options, reader);
  if (!body.includes('{{stamp}}')) {
    reader.complain(setting, 'it has no {{stamp}}, without which no recipient knows the message');
  }
  if (options.has('size')) reader.complain(setting, 'it has a size of its own; leave --size out');
  return body;
}

function defaultBody(options: Layer, reader: OptionReader): string {
  const size = reader.integer(options.get('size'), { least: STAMP_BYTES.published, otherwise: DEFAULT_SIZE });
  return `{{stamp}}${'.'.repeat(Math.min(size, LARGEST_SIZE) - STAMP_BYTES.published)}`;
}
