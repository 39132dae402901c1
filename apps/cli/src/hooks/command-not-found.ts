import { Errors, type Hook, type Interfaces } from '@oclif/core';
import { closest } from './closest.js';

export function noSuchCommand(id: string, config: Interfaces.Config): Errors.CLIError {
  const asked = id.replaceAll(':', ' ');
  const known = config.commands.filter((command) => command.hidden !== true).map((command) => command.id.replaceAll(':', ' '));
  const near = closest(asked, known);
  return new Errors.CLIError(`There is no command "${asked}".${near === undefined ? '' : ` Did you mean: ${config.bin} ${near}?`}`, {
    exit: 2,
  });
}

/** oclif runs this in place of its bare "command not found". */
const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  throw noSuchCommand(id, config);
};

export default commandNotFound;
