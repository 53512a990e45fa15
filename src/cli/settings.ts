import { type Command, type Help, Option } from 'commander'
import { defaultText, SETTINGS, type Setting, type SettingGroup, type SettingKey } from '../config/settings.ts'

function optionOf(setting: Setting): Option {
  const { flag, value, help, env } = setting
  const description = `${help} (${env}; default: ${defaultText(setting)})`
  return new Option(value ? `${flag} ${value}` : flag, description).hideHelp()
}

/**
 * Every setting as an option of the program, so that it may stand before or after the command's name. Hidden from the
 * options there: the program's help lists them below its commands, each command's help those that matter to it.
 */
export function addSettings(program: Command): void {
  for (const setting of SETTINGS) {
    program.addOption(optionOf(setting))
    // A switch that the file or the environment has on can be taken back.
    if (!setting.value) program.addOption(new Option(setting.flag.replace('--', '--no-')).hideHelp())
  }
}

/** The section of the program's help that has all settings. */
export function settingsHelp(program: Command): string {
  const help: Help = program.createHelp()
  help.prepareContext({ helpWidth: process.stdout.columns ?? 80 })
  const options = SETTINGS.map(optionOf)
  const width = Math.max(...options.map(({ flags }) => flags.length))
  const items = options.map(({ flags, description }) => help.formatItem(flags, width, description, help))
  return `\n${help.formatItemList('Settings:', items, help).join('\n')}`
}

const shownGroups = new WeakMap<Command, ReadonlySet<SettingGroup>>()

/** Says which settings belong into the help of a command, besides the common ones. */
export function showSettings(command: Command, ...groups: readonly SettingGroup[]): void {
  shownGroups.set(command, new Set(groups))
}

/** The options of the program that the help of a command repeats. */
export function visibleSettings(command: Command): Option[] {
  const program = command.parent?.parent ?? command.parent
  if (!program) return []
  const groups = shownGroups.get(command)
  const shown = SETTINGS.filter(({ group }) => group === 'common' || groups?.has(group)).map(optionOf)
  return [...program.options.filter(({ hidden, long }) => !hidden && long !== '--version'), ...shown]
}

/** What the command line said of the settings. */
export function settingFlags(command: Command): { [Key in SettingKey]?: unknown } {
  const options = command.optsWithGlobals()
  return Object.fromEntries(SETTINGS.map((setting) => [setting.key, options[optionOf(setting).attributeName()]]))
}
