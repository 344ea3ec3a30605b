import type { Config } from '../../config.ts';
import { ok } from './findings.ts';
import type { Check } from './types.ts';

/**
 * Settings that hold one by one but not in the place where the app runs. With settings that do not hold the app answers
 * 503 to everything, this included, and the log names each.
 */
export function settingsCheck(
  config: Pick<Config, 'inAzure'>,
  environment: Readonly<Record<string, string | undefined>>,
): Check {
  return {
    name: 'settings',
    async run(report) {
      const isSet = (name: string) => (environment[name] ?? '') !== '';
      let faults = 0;
      if (config.inAzure && isSet('AzureWebJobsStorage')) {
        faults += 1;
        report({
          status: 'fail',
          subject: 'AzureWebJobsStorage',
          sentence: {
            en: 'A connection string is set, although the app signs in to storage with its identity.',
            zh: '应用使用托管标识访问存储，但仍设置了连接字符串。',
          },
          remedy: {
            en: 'Remove the app setting AzureWebJobsStorage; keep the settings AzureWebJobsStorage__….',
            zh: '删除应用设置 AzureWebJobsStorage，保留 AzureWebJobsStorage__… 设置。',
          },
          who: 'deployment owner',
        });
      }
      if (environment.WEBSITE_AUTH_ENABLED?.toLowerCase() === 'true') {
        faults += 1;
        report({
          status: 'warn',
          subject: 'App Service authentication',
          sentence: {
            en: 'App Service authentication is on; it rejects callers with a broker key before they reach the broker.',
            zh: '已启用应用服务身份验证，它会拦在代理服务前面，拒绝持有代理密钥的调用方。',
          },
          remedy: {
            en: 'Turn it off under Authentication of the Function App: the broker checks its callers itself.',
            zh: '请在函数应用的“身份验证”中将其关闭：代理服务会自行验证调用方。',
          },
          who: 'deployment owner',
        });
      }
      if (faults === 0) report(ok({ en: 'All settings are valid.', zh: '所有设置均有效。' }));
    },
  };
}
