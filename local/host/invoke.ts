import { randomBytes, randomUUID } from 'node:crypto';
import type { LoadedApp, RegisteredFunction } from './core.ts';
import type { CoreInvocationContext, FunctionCallback, InvocationResponse, LogLevel, TypedData } from './rpc.ts';

export interface Invocation {
  readonly input: TypedData;
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  /** A new one unless given. */
  readonly invocationId?: string;
}

/** The function ran longer than host.json's functionTimeout; in Azure the host would end the worker. */
export class FunctionTimeout extends Error {
  override readonly name = 'FunctionTimeout';
}

export interface Invoker {
  /**
   * Runs one function through the library's own invocation model, so that every value passes the converters that run in
   * Azure; hooks run around it in the worker's order (src/eventHandlers/InvocationHandler.ts of the worker).
   * @throws what the function threw, and {@link FunctionTimeout}
   */
  invoke(registered: RegisteredFunction, invocation: Invocation): Promise<InvocationResponse>;
}

export interface InvokerDeps {
  readonly app: LoadedApp;
  readonly timeoutMs: number;
  /** Data that hooks share, one object for the app's life. */
  readonly appHookData: object;
  readonly log: (functionName: string, level: LogLevel, category: string, message: string) => void;
}

export function createInvoker({ app, timeoutMs, appHookData, log }: InvokerDeps): Invoker {
  return {
    invoke: async (registered, { input, triggerMetadata = {}, invocationId = randomUUID() }) => {
      const { metadata } = registered;
      const trigger = triggerOf(registered);
      const core: CoreInvocationContext = {
        invocationId,
        request: {
          invocationId,
          functionId: metadata.name,
          inputData: [{ name: trigger.name, data: input }],
          triggerMetadata,
          traceContext: { traceParent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01` },
        },
        metadata,
        state: undefined,
        log: (level, category, message) => log(metadata.name, level, category, message),
      };
      const model = await app.model.getInvocationModel(core);
      const { context, inputs } = await model.getArguments();
      const shared = { hookData: {}, appHookData, invocationContext: context };
      const before = { ...shared, inputs, functionCallback: registered.callback };
      core.state = 'preInvocationHooks';
      await app.runHooks('preInvocation', before);

      const after: { result: unknown; error: unknown } & typeof shared & { inputs: unknown[] } = {
        ...shared,
        inputs: before.inputs,
        result: null,
        error: null,
      };
      core.state = 'invocation';
      const callback: FunctionCallback = before.functionCallback;
      try {
        after.result = await within(timeoutMs, model.invokeFunction(context, before.inputs, callback));
      } catch (error) {
        after.error = error;
      }
      core.state = 'postInvocationHooks';
      await app.runHooks('postInvocation', after);
      core.state = undefined;
      if (after.error !== null && after.error !== undefined) throw after.error;
      return model.getResponse(context, after.result);
    },
  };
}

/** The trigger of a function: its one binding whose type ends in `Trigger`. */
export function triggerOf(registered: RegisteredFunction) {
  const found = Object.entries(registered.metadata.bindings).find(([, binding]) => /trigger$/i.test(binding.type));
  if (found === undefined) throw new Error(`Function "${registered.metadata.name}" has no trigger.`);
  return { name: found[0], binding: found[1] };
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new FunctionTimeout(`It ran longer than ${timeoutMs / 1000} s.`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
