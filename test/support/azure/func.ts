import { readdirSync } from 'node:fs';
import type { ProgramAnswer, ProgramCall } from '../../../cli/azure/program.ts';
import { Refused } from './answers.ts';
import type { AzureModel } from './model.ts';
import { Broken } from './model.ts';
import { uploadPackage } from './upload.ts';

const failed = (text: string): ProgramAnswer => ({ code: 1, stdout: '', stderr: text });

/** Runs one `func` command against the model. */
export function runFunc(model: AzureModel, { args, folder }: ProgramCall): ProgramAnswer {
  model.seen.push(...args);
  if (args.join(' ') === '--version') return { code: 0, stdout: `${model.behaviour.funcVersion}\n`, stderr: '' };
  const [azure, functionapp, publish, name = '', subscription, id, runtime, ...others] = args;
  const isKnown =
    [azure, functionapp, publish, subscription, runtime].join(' ') ===
    'azure functionapp publish --subscription --javascript';
  if (!isKnown || others.length > 0 || id !== model.subscription.id) {
    model.unknown.push(`func ${args.join(' ')}`);
    return failed('Unknown option.');
  }
  const files = folder === undefined ? [] : readdirSync(folder, { recursive: true, encoding: 'utf8' });
  if (!files.includes('host.json')) return failed('Unable to find project root. Expecting to find one of host.json.');
  if (files.some((file) => /local\.settings|\.env|node_modules/.test(file)))
    model.unknown.push(`func published ${files.join(', ')}`);
  try {
    model.write(`func azure functionapp publish ${name}`, () => uploadPackage(model, name));
  } catch (error) {
    if (error instanceof Refused) return failed(error.message);
    if (error instanceof Broken && !model.isDead) return failed('A networking error occurred.');
    throw error;
  }
  if (model.behaviour.funcThrowsAfterUpload)
    return failed('Deployment was successful but the app appears to be unhealthy, please check the app logs.');
  return { code: 0, stdout: 'The deployment was successful!', stderr: '' };
}
