// The app as it is deployed, but with HTTP streams: what it answers then goes out as it comes.
import { app } from '@azure/functions';
import '../../src/functions/index.ts';

app.setup({ enableHttpStream: true });
