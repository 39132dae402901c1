import { Button } from '@mantine/core';
import { useAction } from '../../api/actions.js';
import { signOut, useSession } from '../../session/session.js';
import { PasswordForm } from './password-form.js';
import { SessionCard } from './session-card.js';
import { sessionText } from './session.strings.js';

/** Stands before every page until the one-time password is gone; the address stays, so that the way goes on from there. */
export default function ChangePasswordPage() {
  const { operator } = useSession();
  const leave = useAction<void, void>({ run: signOut });
  return (
    <SessionCard
      title={sessionText.changeTitle}
      body={sessionText.changeBody}
      foot={
        <Button variant="subtle" color="gray" c="dimmed" size="xs" onClick={() => leave.start()} loading={leave.isBusy}>
          {sessionText.signOut} ({operator.email})
        </Button>
      }
    >
      <PasswordForm email={operator.email} isFullWidth />
    </SessionCard>
  );
}
