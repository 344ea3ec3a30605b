/** A schedule that answers its next occurrence strictly after an instant. */
export interface Schedule {
  next(after: Date): Date;
}

const fields = [
  { name: 'second', from: 0, to: 59, names: [] },
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day', from: 1, to: 31, names: [] },
  {
    name: 'month',
    from: 1,
    to: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'day of week', from: 0, to: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
] as const;

type Field = (typeof fields)[number];

/**
 * An NCRONTAB expression as the timer trigger takes it: `{second} {minute} {hour} {day} {month} {day-of-week}` with
 * `*`, lists, ranges, steps and English names, in UTC as in Azure. Unlike in cron, day and day of week must *both* hold
 * (NCrontab's CrontabSchedule). Five fields mean second 0.
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 * @throws Error with the expression and the field that is wrong
 */
export function parseNcrontab(expression: string): Schedule {
  const parts = expression.trim().split(/\s+/);
  const six = parts.length === 5 ? ['0', ...parts] : parts;
  if (six.length !== 6) throw new Error(`The schedule "${expression}" has ${parts.length} fields instead of 6.`);
  const [seconds, minutes, hours, days, months, weekdays] = fields.map((field, index) =>
    parseField(six[index] ?? '', field, expression),
  ) as [number[], number[], number[], number[], number[], number[]];
  const weekdaySet = new Set(weekdays);
  const sets = { minutes: new Set(minutes), hours: new Set(hours), days: new Set(days), months: new Set(months) };
  const secondSet = new Set(seconds);

  return {
    next: (after) => {
      const time = new Date(Math.floor(after.getTime() / 1000) * 1000 + 1000);
      // The rarest schedule, 29 February on a given weekday, comes within 40 years.
      const limit = time.getTime() + 40 * 366 * 86_400_000;
      while (time.getTime() < limit) {
        if (!sets.months.has(time.getUTCMonth() + 1)) {
          time.setUTCMonth(time.getUTCMonth() + 1, 1);
          time.setUTCHours(0, 0, 0);
        } else if (!sets.days.has(time.getUTCDate()) || !weekdaySet.has(time.getUTCDay())) {
          time.setUTCDate(time.getUTCDate() + 1);
          time.setUTCHours(0, 0, 0);
        } else if (!sets.hours.has(time.getUTCHours())) {
          time.setUTCHours(time.getUTCHours() + 1, 0, 0);
        } else if (!sets.minutes.has(time.getUTCMinutes())) {
          time.setUTCMinutes(time.getUTCMinutes() + 1, 0);
        } else if (!secondSet.has(time.getUTCSeconds())) {
          time.setUTCSeconds(time.getUTCSeconds() + 1);
        } else {
          return time;
        }
      }
      throw new Error(`The schedule "${expression}" never comes.`);
    },
  };
}

function parseField(text: string, field: Field, expression: string): number[] {
  const fail = () => new Error(`The schedule "${expression}" has a wrong ${field.name}: "${text}".`);
  const value = (word: string): number => {
    const named = (field.names as readonly string[]).indexOf(word.slice(0, 3).toLowerCase());
    if (named >= 0) return named + (field.name === 'month' ? 1 : 0);
    const number = /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
    if (!(number >= field.from && number <= field.to)) throw fail();
    return number;
  };
  return text.split(',').flatMap((item) => {
    const [range = '', stepText, ...more] = item.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (more.length > 0 || !Number.isInteger(step) || step < 1) throw fail();
    const [first = '', last, ...rest] = range.split('-');
    if (rest.length > 0) throw fail();
    const from = range === '*' ? field.from : value(first);
    // A step without a range runs to the field's end, as NCrontab reads "5/15".
    const to = range === '*' || (last === undefined && stepText !== undefined) ? field.to : value(last ?? first);
    if (from > to) throw fail();
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  });
}
