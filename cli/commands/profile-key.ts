import type { AddCommand } from '../command.ts';
import { configFolder, fileProfiles } from '../profile/profiles.ts';

/** `broker profile-key NAME` */
export const addProfileKey: AddCommand = (program, io, ended) => {
  program
    .command('profile-key')
    .description('print the API key of a profile, as broker deploy wrote it')
    .argument('<name>', 'name of the profile: that of the Function App')
    .action(async (name: string) => {
      const profiles = fileProfiles(configFolder(io.environment, process.platform));
      const profile = await profiles.get(name);
      if (profile === undefined) {
        io.err(`There is no profile ${JSON.stringify(name)} in ${profiles.path}.`);
        return ended(1);
      }
      io.out(profile.key);
      ended(0);
    });
};
