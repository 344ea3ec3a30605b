import { z } from 'zod';

/** The type of a value as a person types it: text, where the interface takes only some words. */
type Typed<T> = T extends string ? string : T extends readonly (infer Each)[] ? readonly Typed<Each>[] : T;

/**
 * What a person typed, as a query or a body. Names of fields are checked when this compiles; whether a word is one that
 * the broker takes, it says itself, with a remedy. What is undefined is not sent.
 */
export const asTyped = <T extends object>(values: { readonly [Name in keyof T]: Typed<T[Name]> | undefined }): T =>
  z.custom<T>().parse(values);

/**
 * The answer, read by its form: the broker may be older than this command. An answer that is documented otherwise does
 * not compile.
 * @throws ApiProblem for anything but success (client.ts)
 */
export async function answerOf<T, Answer>(
  form: z.ZodType<T, Answer>,
  sending: Promise<{ readonly data?: Answer }>,
): Promise<T> {
  return form.parse((await sending).data);
}
