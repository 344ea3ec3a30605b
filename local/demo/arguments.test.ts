import { describe, expect, it } from 'vitest';
import { ArgumentFault } from '../command-line.ts';
import { readStartArguments } from './arguments.ts';

describe('readStartArguments', () => {
  it.each([
    [[], { demo: true, autoSignIn: false, verbose: false, imap: 'embedded', port: 7071 }],
    [['--no-demo', '--port', '0'], { demo: false, autoSignIn: false, verbose: false, imap: 'embedded', port: 0 }],
    [
      ['--auto-sign-in', '--imap=dovecot'],
      { demo: true, autoSignIn: true, verbose: false, imap: 'dovecot', port: 7071 },
    ],
  ])('reads %j', (argv, expected) => {
    expect(readStartArguments(argv)).toEqual(expected);
  });

  it('tells what npm took for its own options', () => {
    const env = { npm_lifecycle_event: 'start', npm_config_port: 'true' };
    expect(() => readStartArguments(['7085'], env)).toThrow('Type: npm start -- --port 7085');
  });

  it('answers nothing but the wish for help', () => {
    expect(readStartArguments(['--help'])).toBeUndefined();
    expect(readStartArguments(['--port', '1', '-h'])).toBeUndefined();
  });

  it.each([
    [['--nodemo'], '--nodemo is not an option; it takes --no-demo'],
    [['-x'], '-x is not an option'],
    [['7072'], '"7072" is not understood'],
    [['--imap'], '--imap takes a value'],
    [['--imap', 'courier'], '--imap takes embedded or dovecot.'],
    [['--port', 'http'], '--port takes a number'],
    [['--port', '70000'], '--port takes a number'],
    [['--no-demo=yes'], '--no-demo takes no value.'],
  ])('refuses %j in one sentence', (argv, sentence) => {
    expect(() => readStartArguments(argv)).toThrow(ArgumentFault);
    expect(() => readStartArguments(argv)).toThrow(sentence);
  });
});
