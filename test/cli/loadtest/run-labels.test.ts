import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLabels } from '../../../src/cli/loadtest/run-labels.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('labels of a run', () => {
  it('are what was given, and what the environment of the CI tells beneath that', async () => {
    const github = {
      GITHUB_ACTIONS: 'true',
      GITHUB_SHA: 'merge',
      GITHUB_REF_NAME: '7/merge',
      GITHUB_HEAD_REF: 'feature',
      GITHUB_SERVER_URL: 'https://forge.example',
      GITHUB_REPOSITORY: 'a/b',
      GITHUB_RUN_ID: '12',
    };
    const url = 'https://forge.example/a/b/actions/runs/12';
    expect(readLabels(undefined, github)).toEqual({ commit: 'merge', branch: 'feature', url });
    expect(readLabels(['commit=mine', 'note=a=b c'], github)).toEqual({
      commit: 'mine',
      branch: 'feature',
      url,
      note: 'a=b c',
    });
    const event = join(await temporaryFolder(), 'event.json');
    await writeFile(event, JSON.stringify({ pull_request: { head: { sha: 'head' } } }));
    expect(readLabels(undefined, { ...github, GITHUB_EVENT_PATH: event })['commit']).toBe('head');
    await writeFile(event, 'no JSON');
    expect(readLabels(undefined, { ...github, GITHUB_EVENT_PATH: event })['commit']).toBe('merge');
  });

  it.each([
    [{}, {}],
    [
      { GITLAB_CI: 'true', CI_COMMIT_SHA: 'c', CI_COMMIT_REF_NAME: 'b', CI_JOB_URL: 'u' },
      { commit: 'c', branch: 'b', url: 'u' },
    ],
    [
      { GITLAB_CI: 'true', CI_COMMIT_SHA: 'c', CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: 'head', CI_COMMIT_REF_NAME: 'b' },
      { commit: 'head', branch: 'b' },
    ],
    [
      { JENKINS_URL: 'j', GIT_COMMIT: 'c', BRANCH_NAME: 'PR-1', CHANGE_BRANCH: 'b', BUILD_URL: 'u' },
      { commit: 'c', branch: 'b', url: 'u' },
    ],
  ])('of the environment %j are %j', (env, labels) => {
    expect(readLabels([], env)).toEqual(labels);
  });

  it('are refused by name where they are none', () => {
    expect(() => readLabels(['commit', '=x', 'a=b', 'a b=c'], {})).toThrow(
      expect.objectContaining({ code: 'options.invalid', problems: expect.objectContaining({ length: 3 }) }),
    );
  });
});
