// node scripts/language.mjs [PATH...]: finds the idiom of tics.mjs in what people read (comments,
// strings, Markdown), below the paths or everywhere.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { TICS } from './tics.mjs';

const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const COMMENT = /^\s*(?:\/\/|\/\*\*?|\*)\s?(.*?)(?:\*\/)?$/;
/** Scripts that k6 runs as well, generated pages, and the list itself. */
const LEFT_OUT = /(?:^|\/)(?:k6-scripts|k6-agreement\/scripts|bench\/results|scripts\/k6|tics\.mjs)/;

/** The parts of a line of code that people read. */
function readParts(line, isFirstOfComment) {
  const comment = COMMENT.exec(line);
  if (comment !== null) return [{ text: comment[1], begins: isFirstOfComment }];
  return (line.match(STRING) ?? []).map((text) => ({ text: text.slice(1, -1), begins: false }));
}

function isInCode(lines) {
  let isCode = false;
  return lines.map((line) => {
    const wasCode = isCode;
    if (/^\s*(```|~~~)/.test(line)) isCode = !isCode;
    return wasCode || isCode || /^ {4}\S/.test(line);
  });
}

function* findTics(path) {
  const lines = readFileSync(path, 'utf8').split('\n');
  const isMarkdown = path.endsWith('.md');
  const code = isMarkdown ? isInCode(lines) : [];
  for (const [index, line] of lines.entries()) {
    if (code[index]) continue;
    const above = lines[index - 1] ?? '';
    const begins = /^\s*\/\*\*/.test(line) || /^\s*\/\*\*?$/.test(above) || !/^\s*(?:\/\/|\*)/.test(above);
    const parts = isMarkdown ? [{ text: line.replaceAll(/`[^`]*`/g, ''), begins: false }] : readParts(line, begins);
    for (const { pattern, instead, at } of TICS) {
      const found = parts.find((part) => (at === undefined || part.begins) && pattern.test(part.text));
      if (found !== undefined) yield { path, line: index + 1, text: pattern.exec(found.text)[0], instead };
    }
  }
}

const paths = process.argv.slice(2);
const tracked = execFileSync('git', ['ls-files', '--', ...paths], { encoding: 'utf8' })
  .trim()
  .split('\n');
const texts = tracked.filter((path) => /\.(ts|mjs|js|md)$/.test(path) && !LEFT_OUT.test(path));
const found = texts.flatMap((path) => [...findTics(path)]);
for (const { path, line, text, instead } of found) console.log(`${path}:${line}: "${text}": say ${instead}`);
console.log(`${found.length} found in ${texts.length} files`);
process.exitCode = found.length > 0 ? 1 : 0;
