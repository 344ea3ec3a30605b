import { profileNamed } from '../api/connection.ts';
import type { AddCommand } from '../command.ts';
import { configFolder, fileProfiles } from '../profile/profiles.ts';

/** `broker profile-key NAME` */
export const addProfileKey: AddCommand = (program, io, ended) => {
  program
    .command('profile-key')
    .description('print the API key of a profile, as broker deploy wrote it')
    .argument('<name>', 'name of the profile: that of the Function App')
    .option('--json', 'one JSON object, for programs')
    .action(async (name: string, { json = false }: { json?: boolean }) => {
      const profile = await profileNamed(name, fileProfiles(configFolder(io.environment, process.platform)));
      io.out(json ? JSON.stringify({ name, ...profile }) : profile.key);
      ended(0);
    });
};
