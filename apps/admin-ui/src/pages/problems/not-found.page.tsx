import { Button } from '@mantine/core';
import { IconMapQuestion } from '@tabler/icons-react';
import { Link } from 'react-router';
import { EmptyView } from '../../ui/empty-view.js';
import { problemsText } from './problems.strings.js';

export function NotFoundPage() {
  return (
    <EmptyView
      icon={IconMapQuestion}
      title={problemsText.notFound}
      body={problemsText.notFoundBody}
      action={
        <Button component={Link} to="/" variant="default">
          {problemsText.toStart}
        </Button>
      }
    />
  );
}
