import { type Config, defaultText, SETTINGS, type SettingKey } from './settings.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The README's table of settings, in Markdown. */
export function configTable(): string {
  const rows = SETTINGS.map((setting) => {
    const flag = setting.value ? `${setting.flag} ${setting.value}` : setting.flag
    return [`\`${setting.key}\``, `\`${flag}\``, `\`${setting.env}\``, defaultText(setting), setting.help]
  })
  const head = ['Setting', 'Flag', 'Environment', 'Default', 'What it does']
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |\n`).join('')
}

/** One setting in force, fit to be shown: a secret's value is masked. */
export interface SettingRow {
  readonly key: SettingKey
  readonly value: string | number | boolean | null
  readonly origin: string
}

export function describeConfig(config: Config, origins: Readonly<Record<SettingKey, string>>): SettingRow[] {
  return SETTINGS.map(({ key, secret }) => {
    const value = config[key] ?? null
    return { key, value: secret && value !== null ? '(secret)' : value, origin: origins[key] }
  })
}
