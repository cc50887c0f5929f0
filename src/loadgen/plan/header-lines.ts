import type { OptionReader, Setting } from './option-reader.js';

const HEADER = /^(?<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(?<value>[^\r\n\0]*?)[ \t]*$/;

/** Reads lines such as `X-Api-Key: abc`; a text with commas is one line, for values may have some. */
export function readHeaderLines(
  setting: Setting | undefined,
  reader: OptionReader,
): readonly (readonly [name: string, value: string])[] {
  if (setting === undefined) return [];
  const texts = Array.isArray(setting.value) ? setting.value.map(String) : [String(setting.value)];
  return texts.flatMap((text) => {
    const { name, value } = HEADER.exec(text)?.groups ?? {};
    if (name !== undefined && value !== undefined) return [[name, value] as const];
    reader.complain(setting, `'${text}' must be a header such as 'X-Api-Key: abc'`);
    return [];
  });
}
