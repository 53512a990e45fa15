import { type Command, Option } from 'commander'
import { defaultText, SETTINGS, type Setting, type SettingGroup, type SettingKey } from '../config/settings.ts'

const SWITCH_OFF = '--no-'

const optionOf = (setting: Setting): Option => {
  const { flag, value, help, env } = setting
  return new Option(value ? `${flag} ${value}` : flag, `${help} (${env}; default: ${defaultText(setting)})`)
}

/** Every setting as an option of the program, so that it may stand before or after the command's name. */
export function addSettings(program: Command): void {
  for (const setting of SETTINGS) {
    program.addOption(optionOf(setting).helpGroup('Settings:'))
    // A switch that the file or the environment has on can be taken back.
    if (!setting.value) program.addOption(new Option(setting.flag.replace('--', SWITCH_OFF)).hideHelp())
  }
}

const shownGroups = new WeakMap<Command, ReadonlySet<SettingGroup>>()

/** Says which settings belong into the help of a command, besides the common ones. */
export function showSettings(command: Command, ...groups: readonly SettingGroup[]): Command {
  shownGroups.set(command, new Set(groups))
  return command
}

/** The options of the program that the help of a command repeats. */
export function visibleSettings(command: Command): Option[] {
  const program = command.parent?.parent ?? command.parent
  if (!program) return []
  const groups = shownGroups.get(command)
  const hidden = SETTINGS.filter(({ group }) => group !== 'common' && !groups?.has(group)).map(
    ({ flag }) => flag as string,
  )
  return program.options.filter(
    ({ long, hidden: never }) => !never && long !== '--version' && !hidden.includes(long ?? ''),
  )
}

/** What the command line said of the settings. */
export function settingFlags(command: Command): { [Key in SettingKey]?: unknown } {
  const options = command.optsWithGlobals()
  return Object.fromEntries(SETTINGS.map((setting) => [setting.key, options[optionOf(setting).attributeName()]]))
}
