import { app } from '@azure/functions';
import { accessOf } from '../../lib/access/caller.ts';
import { broker } from '../../lib/broker.ts';
import { doctorQuery } from '../../lib/http/requests/doctor.ts';
import { allMethods, json, resource } from '../../lib/http/resource.ts';
import { pickLanguage } from '../../lib/pages/language.ts';

/**
 * `GET doctor`: what is wrong, how to fix it, and who can, as the app sees it from where it runs. Always 200: the
 * answer is the report. The first key of a deployment may call it, since the deployment does so before there is
 * another.
 */
export const doctor = resource(broker, {
  GET: {
    scope: 'admin',
    takesBootstrapKey: true,
    query: doctorQuery,
    handler: async ({ broker, caller, request, query }) => {
      const language = query.lang ?? pickLanguage(request.headers.get('accept-language'));
      return json(200, await broker.doctor.examine(language, accessOf(caller)));
    },
  },
});

app.http('doctor', { route: 'doctor', methods: allMethods, authLevel: 'anonymous', handler: doctor });
