import { type FaultKind, faultKinds } from './faults.ts';
import { type SimulationOptions, simulate } from './simulate.ts';

/** A failing world with fewer kinds of faults and fewer steps that breaks the same promise. */
export async function shrink(
  options: SimulationOptions,
): Promise<SimulationOptions & { readonly without: ReadonlySet<FaultKind>; readonly steps: number }> {
  const whole = await simulate({ ...options, trace: false });
  const promise = whole.breaches[0]?.promise;
  const fails = async (smaller: SimulationOptions) =>
    (await simulate({ ...smaller, trace: false })).breaches.some((breach) => breach.promise === promise);

  let small = { ...options, without: new Set(options.without), steps: whole.faultySteps };
  // Fewer events first: each further attempt costs less then.
  for (let share = 0.5; share > 0.02; share /= 2) {
    for (;;) {
      const fewer = { ...small, steps: Math.floor(small.steps * (1 - share)) };
      if (fewer.steps === small.steps || !(await fails(fewer))) break;
      small = fewer;
    }
  }
  for (const kind of faultKinds) {
    if (small.without.has(kind) || !whole.kinds.has(kind)) continue;
    const fewer = { ...small, without: new Set([...small.without, kind]) };
    if (await fails(fewer)) small = fewer;
  }
  return small;
}
