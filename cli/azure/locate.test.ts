import { describe, expect, it } from 'vitest';
import { locateAz, locateFunc, type Machine } from './locate.ts';

const machine = (platform: NodeJS.Platform, path: string, files: readonly string[]): Machine => ({
  platform,
  environment: { [platform === 'win32' ? 'Path' : 'PATH']: path },
  exists: (file) => files.includes(file),
});

const cli2 = String.raw`C:\Program Files\Microsoft SDKs\Azure\CLI2`;
const npm = String.raw`C:\Users\Ada & Bob\AppData\Roaming\npm`;

describe('the Azure CLI', () => {
  it('is the program of PATH where there is no Windows', () => {
    const found = locateAz(machine('linux', '/usr/local/bin:/usr/bin', ['/usr/bin/az']));
    expect(found).toEqual({ file: '/usr/bin/az', args: [] });
  });

  it("is az's own Python on Windows, because cmd.exe would read its arguments again", () => {
    const files = [`${cli2}\\wbin\\az.cmd`, `${cli2}\\python.exe`];
    expect(locateAz(machine('win32', `C:\\Windows;"${cli2}\\wbin"`, files))).toEqual({
      file: `${cli2}\\python.exe`,
      args: ['-IBm', 'azure.cli'],
      environment: { AZ_INSTALLER: 'MSI' },
    });
  });

  it('is the Python of a virtual environment where pip installed it', () => {
    const files = ['D:\\venv\\Scripts\\az.bat', 'D:\\venv\\Scripts\\python.exe'];
    expect(locateAz(machine('win32', 'D:\\venv\\Scripts', files))).toEqual({
      file: 'D:\\venv\\Scripts\\python.exe',
      args: ['-m', 'azure.cli'],
    });
  });

  it('is missing where a batch file has no Python, rather than run through cmd.exe', () => {
    expect(locateAz(machine('win32', 'D:\\tools', ['D:\\tools\\az.cmd']))).toBeUndefined();
  });

  it('is missing where PATH does not lead to it', () => {
    expect(locateAz(machine('darwin', '/usr/bin', []))).toBeUndefined();
    expect(locateAz({ platform: 'linux', environment: {}, exists: () => true })).toBeUndefined();
  });
});

describe('Core Tools', () => {
  it('are the program of PATH where there is no Windows', () => {
    expect(locateFunc(machine('darwin', '/opt/homebrew/bin', ['/opt/homebrew/bin/func']))).toEqual({
      file: '/opt/homebrew/bin/func',
      args: [],
    });
  });

  it("are func.exe of the installer, or of npm's package behind func.cmd", () => {
    const installed = 'C:\\Program Files\\Microsoft\\Azure Functions Core Tools\\func.exe';
    const folder = installed.slice(0, installed.lastIndexOf('\\'));
    expect(locateFunc(machine('win32', folder, [installed]))?.file).toBe(installed);
    const inPackage = `${npm}\\node_modules\\azure-functions-core-tools\\bin\\func.exe`;
    expect(locateFunc(machine('win32', npm, [`${npm}\\func.cmd`, inPackage]))?.file).toBe(inPackage);
    expect(locateFunc(machine('win32', npm, [`${npm}\\func.cmd`]))).toBeUndefined();
  });
});
