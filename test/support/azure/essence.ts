import type { AzureModel } from './model.ts';

/** Ids that the model made, numbered by where they appear: two deployments are equal regardless of their names. */
function numbered(text: string): string {
  const seen = new Map<string, number>();
  return text.replace(/a{8}-0000-4000-8000-\d{12}|a{8}0{4}4000800\d{13}/g, (id) => {
    if (!seen.has(id)) seen.set(id, seen.size);
    return `#${seen.get(id)}`;
  });
}

/**
 * What a deployment comes to, whichever way it was reached: all of the model's state but the values of secrets and how many
 * versions of them went before. It is text, so that a difference shows itself.
 */
export function essence(model: AzureModel): string {
  const state: unknown = JSON.parse(
    JSON.stringify(model.state(), (key, value: unknown) => {
      if (key === 'secrets' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
        return Object.fromEntries(
          Object.entries(value).map(([name, versions]: [string, { enabled: boolean; tags: unknown }[]]) => {
            const newest = versions.at(-1);
            return [
              name,
              { enabled: newest?.enabled, tags: newest?.tags, open: versions.filter(({ enabled }) => enabled).length },
            ];
          }),
        );
      }
      if (key === 'changedAt') return undefined;
      return value;
    }),
  );
  return numbered(JSON.stringify(state, null, 1));
}
