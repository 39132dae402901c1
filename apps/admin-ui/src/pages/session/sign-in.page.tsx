import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { isNotEmpty, useForm } from '@mantine/form';
import { routes, type Problem } from '@parley/protocol';
import { Navigate, useSearchParams } from 'react-router';
import { useAction } from '../../api/actions.js';
import { call, problemOf } from '../../api/client.js';
import { safeReturnPath } from '../../session/return-path.js';
import { adoptSession, useSessionQuery } from '../../session/session.js';
import { formatSentence } from '../../ui/format.js';
import { ProblemAlert } from '../../ui/problem-view.js';
import { SessionCard } from './session-card.js';
import { sessionText } from './session.strings.js';

export default function SignInPage() {
  const [params] = useSearchParams();
  const session = useSessionQuery();
  const asked = params.get('next');
  if (session.data) return <Navigate to={safeReturnPath(asked)} replace />;
  return (
    <SessionCard
      title={sessionText.signInTitle}
      body={asked && asked !== '/' ? sessionText.continue : sessionText.signInBody}
      foot={
        <Text size="xs" c="dimmed" ta="center">
          {sessionText.forgot}
        </Text>
      }
    >
      <SignInForm />
      {session.error && <ProblemAlert problem={problemOf(session.error)} />}
    </SessionCard>
  );
}

function SignInForm() {
  const form = useForm({
    initialValues: { email: '', password: '' },
    validate: { email: isNotEmpty(sessionText.required), password: isNotEmpty(sessionText.required) },
  });
  const action = useAction({
    run: (values: { email: string; password: string }) =>
      call(routes.session.signIn, { email: values.email.trim(), password: values.password }),
    form,
    then: adoptSession,
  });
  return (
    <form onSubmit={form.onSubmit(action.start)} noValidate>
      <Stack gap="md">
        <Refusal problem={action.problem} />
        <TextInput label={sessionText.email} type="email" autoComplete="username" autoFocus {...form.getInputProps('email')} />
        <PasswordInput label={sessionText.password} autoComplete="current-password" {...form.getInputProps('password')} />
        <Button type="submit" loading={action.isBusy} fullWidth>
          {sessionText.signIn}
        </Button>
      </Stack>
    </form>
  );
}

/** A wrong password is no fault to report: no code, no request id. */
function Refusal({ problem }: { readonly problem: Problem | undefined }) {
  if (problem?.status !== 401) return <ProblemAlert problem={problem} />;
  return (
    <Alert color="red" variant="light" role="alert">
      {formatSentence(problem.detail ?? problem.title)}
    </Alert>
  );
}
