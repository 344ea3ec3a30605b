import { styleText } from 'node:util';

/** What a person sees while the local world comes up. */
export interface Terminal {
  title(text: string): void;
  /** Something is there now. */
  ready(what: string, detail: string): void;
  /** A numbered step of the demo. */
  step(text: string): void;
  /** A line under the step. */
  detail(text: string): void;
  /** A line of the host, set back so that it does not drown the rest. */
  faint(text: string): void;
  warning(text: string): void;
  link(label: string, address: string): void;
  blank(): void;
}

/** Colours only where the stream is a terminal that takes them (NO_COLOR and the like are respected). */
export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  let steps = 0;
  const paint = (format: Parameters<typeof styleText>[0], text: string) => styleText(format, text, { stream });
  const put = (text: string) => stream.write(`${text}\n`);
  return {
    title: (text) => put(`\n  ${paint('bold', text)}\n`),
    ready: (what, detail) => put(`  ${paint('green', '✓')} ${what.padEnd(10)} ${paint('dim', detail)}`),
    step: (text) => {
      steps += 1;
      put(`\n  ${paint('cyan', String(steps))}  ${paint('bold', text)}`);
    },
    detail: (text) => put(`     ${text}`),
    faint: (text) => put(paint('dim', `     ${text}`)),
    warning: (text) => put(`  ${paint('yellow', '!')} ${text}`),
    link: (label, address) => put(`     ${label.padEnd(10)} ${paint(['underline', 'blue'], address)}`),
    blank: () => put(''),
  };
}
