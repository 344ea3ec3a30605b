import style from 'swagger-ui-dist/swagger-ui.css?raw';
import script from 'swagger-ui-dist/swagger-ui-bundle.js?raw';

/** Their source maps are not here to be asked for. */
const withoutMap = (text: string): string => text.replace(/\n?(?:\/\/|\/\*)# sourceMappingURL=.*$/, '');

/** Swagger UI (https://github.com/swagger-api/swagger-ui, Apache-2.0), in a module of its own: it lies beside the bundle, and is read at first use. */
export const viewer = { script: withoutMap(script), style: withoutMap(style) };
