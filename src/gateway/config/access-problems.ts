import { z } from 'zod';
import { countTags, tagProblem } from '../access/tag-limits.js';

/** What of the whole configuration is looked at together; other keys may have problems of their own. */
const accessPart = z.object({
  transport: z.string(),
  proxy_protocol: z.boolean(),
  trusted_proxies: z.array(z.string()),
  limits: z.object({ max_tags: z.number(), max_tag_bytes: z.number() }),
  endpoints: z.array(z.object({ set_tags: z.record(z.string(), z.string()) })),
});

type AccessPart = z.infer<typeof accessPart>;

/** Whether the keys can be looked at. */
export function hasAccessPart({ value }: { readonly value: unknown }): boolean {
  return accessPart.safeParse(value).success;
}

/** Adds what is wrong with keys of access that depend on one another. */
export function addAccessProblems(file: AccessPart, context: z.core.$RefinementCtx): void {
  for (const problem of [...proxyProblems(file), ...tagProblems(file)])
    context.addIssue({ code: 'custom', ...problem });
}

interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

function proxyProblems({ proxy_protocol, trusted_proxies, transport }: AccessPart): Problem[] {
  if (!proxy_protocol) return [];
  const problems: Problem[] = [];
  if (trusted_proxies.length === 0) {
    problems.push({ path: ['trusted_proxies'], message: 'must name the proxies when proxy_protocol is on' });
  }
  if (transport === 'uws') {
    const message = "'uws' cannot tell whose PROXY header it reads; proxy_protocol needs transport ws";
    problems.push({ path: ['transport'], message });
  }
  return problems;
}

function tagProblems({ endpoints, limits }: AccessPart): Problem[] {
  const { max_tags: maxTags, max_tag_bytes: maxTagBytes } = limits;
  return endpoints.flatMap(({ set_tags }, index) => {
    const tags = new Map(Object.entries(set_tags));
    const count = countTags(new Map(), tags);
    const tooMany = count > maxTags ? `has ${count} tags; limits.max_tags allows ${maxTags}` : undefined;
    const message = tooMany ?? tagProblem(tags, { maxTags, maxTagBytes });
    return message === undefined ? [] : [{ path: ['endpoints', index, 'set_tags'], message }];
  });
}
