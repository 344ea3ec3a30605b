import { describe, expect, it } from 'vitest';
import { ArgumentFault, type CommandLine, readCommandLine } from './command-line.ts';

const line: CommandLine = {
  script: 'npm start',
  flags: ['no-demo', 'auto-sign-in'],
  values: ['port', 'imap'],
  known: '--no-demo, --auto-sign-in, --port N and --imap NAME',
};
const read = (argv: readonly string[], env: Record<string, string> = {}) => readCommandLine(line, argv, env);

it('reads flags, values and the wish for help', () => {
  const options = read(['--no-demo', '--port', '0', '--imap=dovecot']);
  expect([options.has('no-demo'), options.has('auto-sign-in')]).toEqual([true, false]);
  expect([options.value('port'), options.value('imap'), options.isHelp]).toEqual(['0', 'dovecot', false]);
  expect(read(['-h']).isHelp).toBe(true);
});

it.each([
  [['foo'], '"foo" is not understood; it takes --no-demo'],
  [['--nodemo'], '--nodemo is not an option; it takes --no-demo'],
  [['-x'], '-x is not an option'],
  [['--no-demo=yes'], '--no-demo takes no value.'],
  [['--port'], '--port takes a value'],
])('refuses %j in one sentence', (argv, sentence) => {
  expect(() => read(argv)).toThrow(ArgumentFault);
  expect(() => read(argv)).toThrow(sentence);
});

it('takes words where a script says so', () => {
  expect(readCommandLine({ ...line, takesWords: true }, ['load', 'token'], {}).words).toEqual(['load', 'token']);
});

// What npm 11 leaves in the environment, and passes on, was seen by running it.
describe('what npm took for itself', () => {
  const npm = { npm_lifecycle_event: 'start', npm_config_noproxy: '', npm_config_node_gyp: '/usr/lib/x.js' };
  it.each([
    ['npm start --port 7085', ['7085'], { npm_config_port: 'true' }, 'npm start -- --port 7085'],
    ['npm start --port=7085', [], { npm_config_port: '7085' }, 'npm start -- --port 7085'],
    ['npm start --no-demo', [], { npm_config_demo: '' }, 'npm start -- --no-demo'],
    ['npm start --auto-sign-in', [], { npm_config_auto_sign_in: 'true' }, 'npm start -- --auto-sign-in'],
    [
      'npm start --no-demo --imap dovecot --port 0',
      ['dovecot', '0'],
      { npm_config_demo: '', npm_config_imap: 'true', npm_config_port: 'true' },
      '',
    ],
  ])('an option typed as %s is reported, with what to type', (_typed, argv, env, right) => {
    const message = () => read(argv, { ...npm, ...env });
    expect(message).toThrow(ArgumentFault);
    expect(message).toThrow(right === '' ? 'npm kept --no-demo and --port and --imap for itself' : `Type: ${right}`);
  });

  it('is nothing after --, outside of npm, or where a setting of npm only looks like it', () => {
    expect(read(['--port', '7085'], npm).value('port')).toBe('7085');
    expect(read([], { npm_config_port: '7085' }).value('port')).toBeUndefined();
    expect(read([], { ...npm, npm_config_imap: '' }).value('imap')).toBeUndefined();
  });
});
