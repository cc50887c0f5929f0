import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../src/gateway/tag-index/parse-query.js';
import { parseSelector } from '../../../src/gateway/tag-index/parse-selector.js';

const pairs = (record: Readonly<Record<string, string>>) => ({ kind: 'pairs', pairs: new Map(Object.entries(record)) });

describe('parseSelector', () => {
  it.each([
    ['foo=bar', pairs({ foo: 'bar' })],
    ['foo=bar&room=1', pairs({ foo: 'bar', room: '1' })],
    ['foo=1&foo=2', pairs({ foo: '1' })],
    ['a+b=c%20d%2B', pairs({ 'a b': 'c d+' })],
    ['id=', pairs({ id: '' })],
    ['id=&foo=bar', pairs({ id: '', foo: 'bar' })],
    ['id', pairs({ id: '' })],
  ])('reads %s as pairs', (query, expected) => {
    expect(parseSelector(query)).toEqual(expected);
  });

  it.each([
    ['id=a,b,c', ['a', 'b', 'c']],
    ['id=x,x', ['x']],
    ['foo=bar&id=a', ['a']],
    ['id=a,,b', ['a', 'b']],
    ['id=,', []],
    ['id=a%2Cb', ['a', 'b']],
    ['all=1&id=a', ['a']],
  ])('reads %s as ids, and nothing else counts', (query, ids) => {
    expect(parseSelector(query)).toEqual({ kind: 'ids', ids: new Set(ids) });
  });

  it('selects every connection for all=true alone', () => {
    expect(parseSelector('all=true')).toEqual({ kind: 'all' });
  });

  it.each(['', '&', '&&', 'a;b=c', '%zz=1', 'a=%2'])('finds nothing in %j', (query) => {
    expect(parseSelector(query)).toBe('the selector is empty; ?all=true selects every connection');
  });

  it.each(['1', 'TRUE', 'yes', 'false', ''])('refuses all=%s and names the value', (value) => {
    const problem = `all must be 'true' (got ${JSON.stringify(value)}); ?all=true selects every connection`;
    expect(parseSelector(`all=${value}`)).toBe(problem);
    expect(parseSelector(`foo=bar&all=${value}`)).toBe(problem);
  });

  it('refuses all=true with other pairs, unless ids are given', () => {
    expect(parseSelector('all=true&foo=bar')).toMatch(/^all=true .* only pair/);
    expect(parseSelector('all=true&id=a')).toEqual({ kind: 'ids', ids: new Set(['a']) });
  });
});

describe('a long list of ids', () => {
  const ids = Array.from({ length: 200 }, (_, number) => `id-${1000 + number}`);

  it('is the same object from the second time on', () => {
    const query = `id=${ids.join(',')}`;
    const [, second, third] = [query, query, query].map(parseSelector);
    expect(third).toBe(second);
    expect(second).toEqual({ kind: 'ids', ids: new Set(ids) });
  });

  it('is distinguished from another that differs in one character', () => {
    const differing = ids.map((_, at) => ids.map((id, index) => (index === at ? id.replace('-', '_') : id)));
    for (let round = 0; round < 3; round += 1)
      for (const list of differing)
        expect(parseSelector(`id=${list.join(',')}`)).toEqual({ kind: 'ids', ids: new Set(list) });
  });
});

describe('parseQuery', () => {
  it('skips a pair with an invalid escape and keeps the others', () => {
    expect(parseQuery('a=%zz&b=1&c=%4')).toEqual(new Map([['b', '1']]));
  });

  it('keeps everything after the first equals sign', () => {
    expect(parseQuery('a=b=c')).toEqual(new Map([['a', 'b=c']]));
  });

  it('replaces invalid UTF-8 where Go keeps it', () => {
    expect(parseQuery('a=%ff%C3%A9+x')).toEqual(new Map([['a', '\ufffdé x']]));
  });
});
