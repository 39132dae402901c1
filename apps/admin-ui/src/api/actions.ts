import { notifications } from '@mantine/notifications';
import type { Problem } from '@parley/protocol';
import { useMutation } from '@tanstack/react-query';
import { formatSentence } from '../ui/format.js';
import { ui } from '../ui/strings.js';
import { isSignedOut, problemOf } from './client.js';

/** The part of a Mantine form that refusals land on. */
export interface FormTarget {
  setErrors(errors: Record<string, string>): void;
  getValues(): object;
}

export interface ActionSpec<A, R> {
  readonly run: (args: A) => Promise<R>;
  /** What is stale after it: `refreshTenant` or `refreshPlatform`. */
  readonly refresh?: () => Promise<void>;
  /** Refused fields are shown there; the rest is left in `problem` for an inline alert. Without it a notification tells. */
  readonly form?: FormTarget;
  readonly done?: string;
  readonly then?: (result: R, args: A) => void;
}

export interface Action<A> {
  readonly start: (args: A) => void;
  readonly isBusy: boolean;
  /** What no field of the form could show. */
  readonly problem: Problem | undefined;
  readonly reset: () => void;
}

/** A change: sent, then everything it touched is read again. Nothing is shown as done before the server said so. */
export function useAction<A, R>(spec: ActionSpec<A, R>): Action<A> {
  const mutation = useMutation<R, Error, A>({
    mutationFn: spec.run,
    onSuccess: async (result, args) => {
      spec.then?.(result, args);
      if (spec.done) notifications.show({ message: spec.done, color: 'green', autoClose: 3_500 });
      await spec.refresh?.();
    },
    onError: (error) => {
      if (spec.form) spec.form.setErrors(fieldErrors(problemOf(error), spec.form));
      else if (!isSignedOut(error)) showProblem(problemOf(error));
    },
  });
  const problem = mutation.error && spec.form ? leftOver(problemOf(mutation.error), spec.form) : undefined;
  return { start: mutation.mutate, isBusy: mutation.isPending, problem, reset: mutation.reset };
}

export function showProblem(problem: Problem): void {
  const detail = [problem.detail && formatSentence(problem.detail), problem.requestId && `${ui.problem.request} ${problem.requestId}`]
    .filter(Boolean)
    .join(' ');
  notifications.show({ title: problem.title, message: detail, color: 'red', autoClose: 8_000, withBorder: true });
}

/** `/settings/limits/0` (RFC 6901) as `settings.limits.0`. */
const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');

function fieldErrors(problem: Problem, form: FormTarget): Record<string, string> {
  const shown = (problem.errors ?? []).filter((error) => isField(form, pathOf(error.pointer)));
  return Object.fromEntries(shown.map((error) => [pathOf(error.pointer), formatSentence(error.detail)]));
}

function isField(form: FormTarget, path: string): boolean {
  let value: unknown = form.getValues();
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !(part in value)) return false;
    value = (value as Record<string, unknown>)[part];
  }
  return true;
}

function leftOver(problem: Problem, form: FormTarget): Problem | undefined {
  if (!problem.errors?.length) return problem;
  const unseen = problem.errors.filter((error) => !isField(form, pathOf(error.pointer)));
  return unseen.length > 0 ? { ...problem, errors: unseen } : undefined;
}
