import { Button, Group, PasswordInput, Stack, VisuallyHidden } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { PASSWORD_MIN_LENGTH, whyWeakPassword } from '@parley/domain';
import { routes } from '@parley/protocol';
import { IconCircle, IconCircleCheckFilled } from '@tabler/icons-react';
import { useAction } from '../../api/actions.js';
import { call } from '../../api/client.js';
import { adoptSession } from '../../session/session.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import classes from './session.module.css';
import { sessionText } from './session.strings.js';

interface Values {
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly repeat: string;
}
const EMPTY: Values = { currentPassword: '', newPassword: '', repeat: '' };
const VARIETY_MIN = 5;

export function PasswordForm({ email, isFullWidth = false }: { readonly email: string; readonly isFullWidth?: boolean }) {
  const form = useForm<Values>({
    initialValues: EMPTY,
    validate: {
      currentPassword: isNotEmpty(sessionText.required),
      newPassword: (value) => whyWeakPassword(value, email),
      repeat: (value, values) => (value === values.newPassword ? null : sessionText.differs),
    },
  });
  const action = useAction({
    run: ({ currentPassword, newPassword }: Values) => call(routes.session.changePassword, { currentPassword, newPassword }),
    form,
    then: (session) => {
      form.reset();
      adoptSession(session);
      notifications.show({ message: sessionText.passwordSet, color: 'green' });
    },
  });
  const button = (
    <Button type="submit" loading={action.isBusy} fullWidth={isFullWidth}>
      {sessionText.setPassword}
    </Button>
  );
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <ProblemAlert problem={action.problem} />
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <PasswordInput label={sessionText.current} autoComplete="current-password" {...form.getInputProps('currentPassword')} />
        <PasswordInput
          label={sessionText.next}
          autoComplete="new-password"
          aria-describedby="password-hints"
          {...form.getInputProps('newPassword')}
        />
        <Hints {...form.values} email={email} />
        <PasswordInput label={sessionText.repeat} autoComplete="new-password" {...form.getInputProps('repeat')} />
        {isFullWidth ? button : <Group>{button}</Group>}
      </Stack>
    </form>
  );
}

/** The server's own rules, told while typing. */
function Hints({ currentPassword, newPassword, email }: Values & { readonly email: string }) {
  const mailName = email.toLowerCase().split('@')[0] ?? email;
  const rules: readonly [string, boolean][] = [
    [sessionText.hints.length, [...newPassword].length >= PASSWORD_MIN_LENGTH],
    [sessionText.hints.mail, newPassword !== '' && !newPassword.toLowerCase().includes(mailName)],
    [sessionText.hints.variety, new Set(newPassword).size >= VARIETY_MIN],
    [sessionText.hints.fresh, newPassword !== '' && newPassword !== currentPassword],
  ];
  return (
    <ul className={classes.hints} id="password-hints" aria-label={sessionText.hints.title}>
      {rules.map(([text, isMet]) => (
        <li key={text} data-met={isMet || undefined}>
          {isMet ? <IconCircleCheckFilled size={14} aria-hidden="true" /> : <IconCircle size={14} aria-hidden="true" />}
          {text}
          <VisuallyHidden>, {isMet ? sessionText.hints.met : sessionText.hints.unmet}</VisuallyHidden>
        </li>
      ))}
    </ul>
  );
}
