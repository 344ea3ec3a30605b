import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectWorld, newBrowser } from '../../../../test/support/connect-world.ts';
import { azuriteOfSuite, type SuiteAzurite } from '../../../../test/support/suite-tables.ts';
import { emptyTables, rowsOfTable, storeAt } from '../../../../test/support/tables.ts';
import type { Store } from '../table/table.ts';
import { createEraseLinks } from './erase-links.ts';

let azurite: SuiteAzurite;
let store: Store;
beforeAll(async () => {
  azurite = await azuriteOfSuite();
  store = storeAt(azurite);
});
afterAll(() => azurite.stop());
beforeEach(() => emptyTables(store));

const ada = { tid: 't', oid: 'o', username: 'ada@contoso.example' };

/** Connects Ada, and makes a link to reconnect her that she has begun to use. */
async function connected() {
  const w = connectWorld(store);
  const browser = newBrowser();
  const state = await w.press(browser, await w.link({ expectedAddress: ada.username }));
  await w.back(browser, { state, code: w.entra.codeFor(ada) });
  const [view] = (await w.registry.list({ limit: 9 })).items;
  const id = view?.row.id ?? '';
  const reconnect = await w.link({ mailboxId: id });
  return { w, id, browser, reconnect };
}
const left = async () => [...(await rowsOfTable(store, 'tickets')), ...(await rowsOfTable(store, 'states'))];

it('links that led to a mailbox, or are for it, go with their addresses; those of others stay', async () => {
  const { w, id } = await connected();
  await w.link({ expectedAddress: 'grace@contoso.example' });
  await w.connect.createAdminConsentLink({}, 'key');
  expect(await left()).toHaveLength(5);
  const erase = createEraseLinks(store);
  await erase(id);
  await erase(id);
  const rows = await left();
  expect(rows).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toContain(ada.username);
  await createEraseLinks(store)('mbx_0001_aaaaaaaaaaaaaaaa');
  expect(await left()).toHaveLength(2);
});

it('a person on the way back with such a link is told that it is not valid', async () => {
  const { w, id, browser, reconnect } = await connected();
  const state = await w.press(browser, reconnect);
  await w.registry.remove(id);
  await createEraseLinks(store)(id);
  const step = await w.back(browser, { state, code: w.entra.codeFor(ada) });
  expect(step).toMatchObject({ kind: 'page', content: { kind: 'failed', code: 'link_invalid' } });
});
