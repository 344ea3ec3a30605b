/** The part of a version that is compared: up to three numbers. */
function numbers(version: string): readonly number[] {
  return (/\d+(?:\.\d+){0,2}/.exec(version)?.[0] ?? '0').split('.').map(Number);
}

/** Whether `version` is at least `least`; suffixes such as `-beta` and build metadata do not count. */
export function isAtLeast(version: string, least: string): boolean {
  const [has, needs] = [numbers(version), numbers(least)];
  for (let place = 0; place < 3; place += 1) {
    const difference = (has[place] ?? 0) - (needs[place] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * The oldest az that knows every command used here: `functionapp list-flexconsumption-runtimes` came with 2.60.0
 * (src/azure-cli/HISTORY.rst in Azure/azure-cli; https://github.com/Azure/azure-cli/pull/28795, April 2024).
 */
export const leastAz = '2.60.0';

/** `az login --claims-challenge` came with 2.76.0 (the same file; https://github.com/Azure/azure-cli/pull/31778, July 2025). */
export const leastAzForChallenge = '2.76.0';

/**
 * Core Tools that publish to Flex Consumption by OneDeploy: seen in the source of this release of October 2024
 * (HandleFlexConsumptionPublish in PublishFunctionAppAction.cs, Azure/azure-functions-core-tools).
 */
export const leastFunc = '4.0.6543';
