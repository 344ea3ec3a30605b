import { type DefaultRenderer, Listr, type ListrTaskWrapper, type SimpleRenderer } from 'listr2';
import type { Observer } from '../deploy/run-steps.ts';
import type { Step } from '../deploy/step.ts';

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;
type Ended = { readonly skipped?: string; readonly error?: Error; readonly title?: string };

interface Row {
  readonly ended: PromiseWithResolvers<Ended>;
  task: Pick<Task, 'output' | 'title' | 'skip'> | undefined;
}

const named = (step: Step, note: string | undefined): string =>
  note === undefined ? step.title : `${step.title}: ${note}`;

/** The steps as a list of tasks on a terminal, drawn by listr2; the runner drives, and the list follows. */
export function taskListObserver(steps: readonly Step[]): Observer {
  const rows = new Map<Step, Row>(
    steps.map((step) => [step, { ended: Promise.withResolvers<Ended>(), task: undefined }]),
  );
  let current: Row | undefined;
  const list = new Listr<unknown, 'default', 'simple'>(
    steps.map((step) => ({
      title: step.title,
      task: async (_context: unknown, task: Task) => {
        const row = rows.get(step);
        if (row === undefined) return;
        row.task = task;
        const { skipped, error, title } = await row.ended.promise;
        if (title !== undefined) task.title = title;
        if (error !== undefined) throw error;
        if (skipped !== undefined) task.skip(skipped);
      },
    })),
    // A step that failed does not end the list: what tidies up behind it comes later.
    { exitOnError: false, collectErrors: false, rendererOptions: { collapseErrors: false, showErrorMessage: false } },
  );
  const drawn = list.run();
  return {
    looking(step) {
      current = rows.get(step);
    },
    doing(step, note) {
      const task = rows.get(step)?.task;
      if (task !== undefined && note !== undefined) task.output = note;
    },
    saying(line) {
      if (current?.task !== undefined) current.task.output = line;
    },
    ended(step, how, note) {
      const title = named(step, note);
      rows.get(step)?.ended.resolve(how === 'skip' ? { skipped: title } : { title });
    },
    failed(step, error) {
      const shown = error instanceof Error ? error : new Error(String(error));
      rows.get(step)?.ended.resolve({ error: shown });
    },
    async closed() {
      for (const [step, { ended }] of rows) ended.resolve({ skipped: `${step.title}: not reached` });
      await drawn.catch(() => undefined);
    },
  };
}
