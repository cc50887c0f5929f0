import type { z } from 'zod';
import { jsonPathProblem } from '../../json-path/json-path-problem.js';
import { templateProblem } from '../template/template.js';

/** A text that may hold placeholders. */
export function template(text: z.ZodString): z.ZodString {
  return checked(text, templateProblem);
}

/** A path into a JSON message. */
export function jsonPath(text: z.ZodString): z.ZodString {
  return checked(text, jsonPathProblem);
}

function checked(text: z.ZodString, problemOf: (text: string) => string | undefined): z.ZodString {
  return text.superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}
