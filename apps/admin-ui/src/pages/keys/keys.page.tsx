import { Button, Stack } from '@mantine/core';
import { IconTicket } from '@tabler/icons-react';
import { PageHeader } from '../../ui/page-header.js';
import { useTenantId } from '../../ui/path-ids.js';
import { ApiKeys } from './api-keys.js';
import { keysText as text } from './keys.strings.js';
import { openMintToken } from './mint-token.js';
import { SigningKeys } from './signing-keys.js';

export default function KeysPage() {
  const tenantId = useTenantId();
  return (
    <>
      <PageHeader
        title={text.title}
        description={text.description}
        actions={
          <Button variant="default" leftSection={<IconTicket size={16} />} onClick={() => openMintToken(tenantId)}>
            {text.mint.button}
          </Button>
        }
      />
      <Stack gap="xl">
        <ApiKeys tenantId={tenantId} />
        <SigningKeys tenantId={tenantId} />
      </Stack>
    </>
  );
}
