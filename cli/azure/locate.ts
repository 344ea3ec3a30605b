import { existsSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import type { Executable } from './program.ts';

/** What a look for programs depends on; passed in, so that Windows can be tried anywhere. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  exists(path: string): boolean;
}

export const thisMachine: Machine = {
  platform: process.platform,
  environment: process.env,
  exists: existsSync,
};

/** The folders of PATH. On Windows the variable has any case (`Path`). */
function folders({ platform, environment }: Machine): string[] {
  const windows = platform === 'win32';
  const name = Object.keys(environment).find((key) => (windows ? key.toUpperCase() : key) === 'PATH') ?? 'PATH';
  return (environment[name] ?? '')
    .split(windows ? ';' : ':')
    .map((folder) => folder.replace(/^"(.*)"$/, '$1'))
    .filter((folder) => folder !== '');
}

function find(machine: Machine, names: readonly string[]): string | undefined {
  const { join } = machine.platform === 'win32' ? win32 : posix;
  for (const folder of folders(machine)) {
    const found = names.map((name) => join(folder, name)).find((path) => machine.exists(path));
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The Azure CLI, as something that starts without a shell, or undefined. On Windows `az` is a batch file that calls
 * Python, and cmd.exe would read `&` in an argument as the start of another command: Python is called in its place, as
 * wbin/az.cmd does (`"%~dp0\..\python.exe" -IBm azure.cli`, build_scripts/windows/scripts/az.cmd in Azure/azure-cli).
 * What pip installs (Scripts\az.bat) has its Python beside it or one folder up.
 */
export function locateAz(machine: Machine = thisMachine): Executable | undefined {
  if (machine.platform !== 'win32') {
    const file = find(machine, ['az']);
    return file === undefined ? undefined : { file, args: [] };
  }
  const shim = find(machine, ['az.exe', 'az.cmd', 'az.bat']);
  if (shim === undefined) return undefined;
  if (/\.exe$/i.test(shim)) return { file: shim, args: [] };
  const folder = win32.dirname(shim);
  // Installer: wbin/az.cmd, zip archive: bin/az.cmd; both have Python one folder up.
  const brings = ['wbin', 'bin'].includes(win32.basename(folder).toLowerCase());
  const above = win32.join(folder, '..', 'python.exe');
  if (brings && machine.exists(above)) {
    return { file: above, args: ['-IBm', 'azure.cli'], environment: { AZ_INSTALLER: 'MSI' } };
  }
  const python = [win32.join(folder, 'python.exe'), above].find(machine.exists);
  return python === undefined ? undefined : { file: python, args: ['-m', 'azure.cli'] };
}

/**
 * Azure Functions Core Tools, or undefined. npm puts `func.cmd` into its folder on Windows; the program itself lies in
 * the package (azure-functions-core-tools, package.json: bin/func.exe is what lib/main.js starts).
 */
export function locateFunc(machine: Machine = thisMachine): Executable | undefined {
  if (machine.platform !== 'win32') {
    const file = find(machine, ['func']);
    return file === undefined ? undefined : { file, args: [] };
  }
  const found = find(machine, ['func.exe', 'func.cmd']);
  if (found === undefined) return undefined;
  if (/\.exe$/i.test(found)) return { file: found, args: [] };
  const inPackage = win32.join(win32.dirname(found), 'node_modules', 'azure-functions-core-tools', 'bin', 'func.exe');
  return machine.exists(inPackage) ? { file: inPackage, args: [] } : undefined;
}

/**
 * npm, as something that starts without a shell: its script, run by the Node that runs us. Known where npm started us
 * (`npm run deploy`), which sets npm_execpath; on Windows npm itself is a batch file.
 */
export function locateNpm(machine: Machine = thisMachine, node: string = process.execPath): Executable | undefined {
  const script = machine.environment.npm_execpath;
  if (script !== undefined && /\.c?js$/.test(script) && machine.exists(script)) return { file: node, args: [script] };
  if (machine.platform === 'win32') return undefined;
  const file = find(machine, ['npm']);
  return file === undefined ? undefined : { file, args: [] };
}
