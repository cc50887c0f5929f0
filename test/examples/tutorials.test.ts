import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const PAGES = new URL('../../docs/tutorials/', import.meta.url);
const EXAMPLE = new URL('../../examples/chat/', import.meta.url);

/** Texts of the example's files. */
const SOURCES = readdirSync(EXAMPLE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8'));

it.each(readdirSync(PAGES))('%s quotes the programs as they are', (page) => {
  const text = readFileSync(new URL(page, PAGES), 'utf8');
  const quotes = [...text.matchAll(/^```(?:js|go|php|python|yaml)\n(.*?)^```$/gms)].map(([, quote = '']) => quote);
  expect(quotes.length).toBeGreaterThan(0);
  expect(quotes.filter((quote) => !SOURCES.some((source) => source.includes(quote)))).toEqual([]);
});
