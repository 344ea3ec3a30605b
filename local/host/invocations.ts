import type { AppBindings } from './bindings.ts';
import type { RegisteredFunction } from './core.ts';
import { FunctionTimeout, type Invoker } from './invoke.ts';
import type { Lines } from './lines.ts';
import { messagesOf, type QueueOutput } from './queue-output.ts';
import type { InvocationResponse, TypedData } from './rpc.ts';

export interface Call {
  readonly kind: 'http' | 'timer' | 'queue';
  readonly registered: RegisteredFunction;
  /** What it is for, as a person reads it. */
  readonly subject: string;
  readonly input: TypedData;
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  readonly invocationId?: string;
  /** The status of an HTTP answer that did not come back with the invocation. */
  readonly status?: () => string | undefined;
}

export interface Invocations {
  /** Runs a function, writes its queue outputs and its line. Rejects where the function, or an output, failed. */
  run(call: Call): Promise<InvocationResponse>;
  /** Resolves when nothing is under way, or after `ms`. Answers how many were left. */
  settle(ms: number): Promise<number>;
}

export interface InvocationsDeps {
  readonly invoker: Invoker;
  readonly outputs: AppBindings['outputs'];
  readonly outputAt: (connectionString: string) => QueueOutput;
  readonly lines: Lines;
}

export function createInvocations({ invoker, outputs, outputAt, lines }: InvocationsDeps): Invocations {
  const underWay = new Set<Promise<unknown>>();

  const sendOutputs = async (name: string, response: InvocationResponse): Promise<number> => {
    let count = 0;
    for (const output of outputs.get(name) ?? []) {
      const data =
        output.name === '$return'
          ? response.returnValue
          : response.outputData?.find((candidate) => candidate.name === output.name)?.data;
      const messages = messagesOf(data);
      await outputAt(output.connectionString).send(output.queueName, messages);
      count += messages.length;
    }
    return count;
  };

  return {
    run: async ({ kind, registered, subject, input, triggerMetadata = {}, invocationId, status: streamed }) => {
      const { name } = registered.metadata;
      const startedAt = performance.now();
      const line = (outcome: string, failed: boolean) =>
        lines.invocation({ kind, functionName: name, subject, outcome, failed, ms: performance.now() - startedAt });
      const work = lines.capture(name, async () => {
        const response = await invoker.invoke(registered, {
          input,
          triggerMetadata,
          ...(invocationId === undefined ? {} : { invocationId }),
        });
        return { response, sent: await sendOutputs(name, response) };
      });
      underWay.add(work);
      try {
        const { response, sent } = await work;
        if (kind === 'http') {
          const status = response.returnValue?.http?.statusCode ?? streamed?.() ?? '204';
          line(status, Number(status) >= 500);
        } else {
          line(sent === 0 ? 'ok' : `${sent} queue message${sent === 1 ? '' : 's'}`, false);
        }
        return response;
      } catch (error) {
        line(error instanceof FunctionTimeout ? 'timed out' : `threw ${describe(error)}`, true);
        throw error;
      } finally {
        underWay.delete(work);
      }
    },
    settle: async (ms) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      await Promise.race([Promise.allSettled(underWay), late]);
      clearTimeout(timer);
      return underWay.size;
    },
  };
}

/** Class and message; a stack would drown the line, and the host shows it only in its own log. */
function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'something that is not an Error';
}
