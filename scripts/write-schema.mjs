// Writes the JSON schema of a comparison to docs/reference/comparison.schema.json, or to the file
// that is named. `npm run generate` calls it.
import { writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import { z } from 'zod';
import { comparisonSchema } from '../dist/report/render/comparison-schema.js';

const TARGET = new URL('../docs/reference/comparison.schema.json', import.meta.url);

const schema = z.toJSONSchema(comparisonSchema, { target: 'draft-2020-12' });
await writeFile(process.argv[2] ?? TARGET, await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 }));
