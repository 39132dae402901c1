import { Button } from '@mantine/core';
import { IconBug } from '@tabler/icons-react';
import { useRouteError } from 'react-router';
import { EmptyView } from '../../ui/empty-view.js';
import { ui } from '../../ui/strings.js';
import { problemsText } from './problems.strings.js';

/** A bug of ours, or a chunk of a release that is gone. */
export function CrashPage() {
  const error = useRouteError();
  return (
    <div role="alert">
      <EmptyView
        icon={IconBug}
        title={problemsText.crash}
        body={
          <>
            {problemsText.crashBody}
            <br />
            <span className="mono">{error instanceof Error ? error.message : String(error)}</span>
          </>
        }
        action={
          <Button variant="default" onClick={() => window.location.reload()}>
            {ui.reload}
          </Button>
        }
      />
    </div>
  );
}
