import { loadApp } from '../../local/host/core.ts';

// Loads the bundle that is named, once, in this fresh process, as a cold start does, and tells how long that took.
const cpu = process.cpuUsage();
const start = performance.now();
const app = await loadApp(process.argv[2] ?? '', () => undefined);
await app.runHooks('appStart', { hookData: {}, appHookData: {}, functionAppDirectory: '.' });
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
console.log(wallMs, (user + system) / 1000);
app.unload();
process.exit(0);
