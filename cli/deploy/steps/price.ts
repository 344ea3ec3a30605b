import counts from '../../../bench/counts.json' with { type: 'json' };
import { type Price, priceOf } from '../../../bench/parts/cost-options.ts';
import { known } from '../facts.ts';
import { done, type Step } from '../step.ts';

/** Log-search rules of infra/modules/alerts.bicep. */
export const logRules = 2;

const usd = (value: number): string => `$${value.toFixed(2)}`;

/** The price, a line for each part of it. */
export function priceLines({ lines, total, logWithoutGrant }: Price): string[] {
  const width = Math.max(...lines.map(({ name }) => name.length), 'A month'.length) + 2;
  const line = (name: string, value: number, note = ''): string =>
    `${name.padEnd(width)}${usd(value).padStart(8)}${note === '' ? '' : `  ${note}`}`;
  return [
    ...lines.map(({ name, usd: value, note }) => line(name, value, note)),
    line('A month', total),
    `(${logWithoutGrant.name}: ${usd(logWithoutGrant.usd)} more. List prices of East US; docs/cost.md has the formula.)`,
  ];
}

/** What a month of the options chosen costs, from the model of docs/cost.md. */
export const price: Step = {
  name: 'price',
  title: 'Price',
  async check({ options, facts }) {
    const { memoryMb, network, separateTables, alertEmail } = known(facts, 'choices');
    const { mailboxes } = options;
    facts.price = priceOf(
      { mailboxes, memoryMb, network, separateTables, logRules: alertEmail === '' ? 0 : logRules },
      counts,
    );
    return done(`${usd(facts.price.total)} a month for ${mailboxes} mailboxes`);
  },
};
