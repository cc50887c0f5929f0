import * as Flags from '@oclif/core/flags';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { WsgError } from '../../core/error.js';

/**
 * Labels of a run, such as the build that was tested. They are not part of the plan, so runs with
 * different labels can be compared.
 */
export type RunLabels = Readonly<Record<string, string>>;

const LABEL = /^(?<key>[A-Za-z][\w.-]{0,49})=(?<value>[^\n\r]{1,500})$/s;

export const labelFlag = Flags.string({
  helpValue: 'KEY=VALUE',
  multiple: true,
  multipleNonGreedy: true,
  description:
    'Label to keep in the run file, such as commit=1a2b3c; may be repeated. GitHub Actions, GitLab CI and Jenkins set commit, branch and url by themselves.',
});

/**
 * The labels that were given, over those of the CI's environment. Throws `options.invalid` with
 * every text that is not a label.
 */
export function readLabels(texts: readonly string[] | undefined, env: Readonly<NodeJS.ProcessEnv>): RunLabels {
  const labels = new Map(Object.entries(ciLabels(env)));
  const problems: string[] = [];
  for (const text of texts ?? []) {
    const { key, value } = LABEL.exec(text)?.groups ?? {};
    if (key === undefined || value === undefined)
      problems.push(`label: '${text}' must be KEY=VALUE, such as commit=1a2b3c`);
    else labels.set(key, value);
  }
  if (problems.length > 0) throw new WsgError('options.invalid', 'A label is invalid.', { problems });
  return Object.fromEntries(labels);
}

/** Labels from the predefined variables of CI systems (see their documentation). */
function ciLabels(env: Readonly<NodeJS.ProcessEnv>): RunLabels {
  if (env['GITHUB_ACTIONS'] === 'true') return known(githubLabels(env));
  if (env['GITLAB_CI'] === 'true') {
    return known({
      // In a pipeline for the merged result CI_COMMIT_SHA is the merge, which no branch has.
      commit: env['CI_MERGE_REQUEST_SOURCE_BRANCH_SHA'] || env['CI_COMMIT_SHA'],
      branch: env['CI_MERGE_REQUEST_SOURCE_BRANCH_NAME'] || env['CI_COMMIT_REF_NAME'],
      url: env['CI_JOB_URL'],
    });
  }
  if ((env['JENKINS_URL'] ?? '') === '') return {};
  return known({
    commit: env['GIT_COMMIT'],
    branch: env['CHANGE_BRANCH'] || env['BRANCH_NAME'] || env['GIT_BRANCH'],
    url: env['BUILD_URL'],
  });
}

function githubLabels(env: Readonly<NodeJS.ProcessEnv>): Readonly<Record<string, string | undefined>> {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  const hasUrl = server !== undefined && repository !== undefined && run !== undefined;
  return {
    commit: headOfPullRequest(env['GITHUB_EVENT_PATH']) ?? env['GITHUB_SHA'],
    branch: env['GITHUB_HEAD_REF'] || env['GITHUB_REF_NAME'],
    url: hasUrl ? `${server}/${repository}/actions/runs/${run}` : undefined,
  };
}

const pullRequestEvent = z.object({ pull_request: z.object({ head: z.object({ sha: z.string() }) }) });

/** In a pull request GITHUB_SHA is a merge that no branch has; the event names the commit. */
function headOfPullRequest(path: string | undefined): string | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    return pullRequestEvent.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data?.pull_request.head.sha;
  } catch {
    // A label does not end a run.
    return undefined;
  }
}

function known(labels: Readonly<Record<string, string | undefined>>): RunLabels {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]): [string, string][] =>
      value === undefined || value === '' ? [] : [[key, value]],
    ),
  );
}
