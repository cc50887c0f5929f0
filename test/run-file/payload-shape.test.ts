import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  anything,
  flag,
  listOf,
  nullable,
  number,
  objectOf,
  oneOf,
  optional,
  recordOf,
  text,
  type Shape,
} from '../../src/run-file/payload-shape.js';

const VALUES: readonly unknown[] = JSON.parse(
  '[null, true, 0, -1.5, 1e999, "", "a", "b", "c", [], [1], ["a", 1], {}, {"a": 1}, {"a": null}, {"b": 1, "a": "x"},' +
    '{"a": 1, "b": 2, "more": 3}, {"__proto__": 1}, {"a": {"a": 1}}]',
);

describe('payload shapes', () => {
  it.each<readonly [string, Shape<unknown>, z.ZodType]>([
    ['text', text, z.string()],
    ['number', number, z.number()],
    ['flag', flag, z.boolean()],
    ['anything', anything, z.unknown()],
    ['oneOf', oneOf('a', 'b'), z.enum(['a', 'b'])],
    ['nullable', nullable(number), z.number().nullable()],
    ['listOf', listOf(text), z.array(z.string())],
    ['recordOf', recordOf(number), z.record(z.string(), z.number())],
    ['objectOf', objectOf({ a: number }), z.object({ a: z.number() })],
    ['optional', objectOf({ a: optional(number) }), z.object({ a: z.number().optional() })],
    ['nested', recordOf(objectOf({ a: number })), z.record(z.string(), z.object({ a: z.number() }))],
  ])('accept and return with %s what the validation library does', (_name, shape, schema) => {
    const isGood = (value: unknown): boolean => schema.safeParse(value).success;
    for (const value of VALUES.filter(isGood))
      expect(JSON.stringify(shape(structuredClone(value)))).toBe(JSON.stringify(schema.parse(value)));
    for (const value of VALUES.filter((one) => !isGood(one))) expect(() => shape(value)).toThrow('a value must be');
  });
});
