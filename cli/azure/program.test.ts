import { describe, expect, it } from 'vitest';
import { createProgram } from './program.ts';
import { shellLine } from './writes.ts';

const echo = createProgram({
  file: process.execPath,
  args: [
    '-e',
    'process.stdin.resume(); let i=""; process.stdin.on("data",(c)=>i+=c).on("end",()=>{console.log(JSON.stringify([process.argv.slice(1), i, process.cwd()])); process.exitCode=3;})',
    '--',
  ],
});

describe('a program', () => {
  it('gets its arguments as they are, with everything that a shell would read', async () => {
    const args = ['a b', '&calc.exe', `"'`, '$(reboot)', '%PATH%', '*', '', 'é\n'];
    const { code, stdout } = await echo({ args, input: 'in', folder: '/' });
    expect([code, JSON.parse(stdout)]).toEqual([3, [args, 'in', '/']]);
  });

  it('is an error where it cannot be started', async () => {
    const missing = createProgram({ file: '/nowhere/az', args: [] });
    await expect(missing({ args: [] })).rejects.toThrow('ENOENT');
  });

  it('may end without reading what it is given', async () => {
    const deaf = createProgram({ file: process.execPath, args: ['-e', 'process.exit(0)'] });
    expect((await deaf({ args: [], input: 'x'.repeat(1_000_000) })).code).toBe(0);
  });
});

describe('a line for the shell', () => {
  it.each([
    [['group', 'create', '--name', 'mail-broker'], 'az group create --name mail-broker'],
    [['a b', "o'brien", '', '$x', '{"a":1}'], `az 'a b' 'o'\\''brien' '' '$x' '{"a":1}'`],
  ])('quotes what bash would read: %j', (args, line) => {
    expect(shellLine('az', args)).toBe(line);
  });
});
