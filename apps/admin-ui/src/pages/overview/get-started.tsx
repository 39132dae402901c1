import { Button, Group, Tabs, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { routes, type Overview } from '@parley/protocol';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { Link, useNavigate } from 'react-router';
import { tenantPath } from '../../addresses.js';
import { useRoute } from '../../api/queries.js';
import { useMay } from '../../session/session.js';
import { Snippet } from '../../ui/copyable.js';
import { Panel } from '../../ui/panel.js';
import { openNewTenant } from '../tenants/new-tenant.js';
import { overviewText } from './overview.strings.js';
import { snippets } from './snippets.js';

const { start: text } = overviewText;
/** An installation with more than this is past its first day. */
const FEW_TENANTS = 2;
const FEW_MESSAGES = 50;

/** For the first hour with the product; never shown to who is past it. */
export function GetStarted({ totals }: { readonly totals: Overview['tenants'] }) {
  const [isHidden, setHidden] = useLocalStorage({ key: 'parley-started', defaultValue: false });
  const isNew = totals.tenants <= FEW_TENANTS && totals.totals.messages <= FEW_MESSAGES;
  if (isHidden || !isNew) return null;
  return (
    <Panel
      title={text.title}
      description={totals.tenants === 0 ? text.noTenant : text.body}
      actions={
        <Button variant="subtle" color="gray" size="xs" onClick={() => setHidden(true)}>
          {text.dismiss}
        </Button>
      }
    >
      {totals.tenants === 0 ? <CreateTenant /> : <FirstTenant />}
    </Panel>
  );
}

function CreateTenant() {
  const navigate = useNavigate();
  return (
    <Button leftSection={<IconPlus size={16} />} onClick={() => openNewTenant(navigate)}>
      {text.createTenant}
    </Button>
  );
}

function FirstTenant() {
  const may = useMay();
  const found = useRoute(routes.tenants.list, { limit: 1 });
  const tenantId = found.data?.items[0]?.id;
  if (tenantId === undefined) return null;
  const code = snippets(window.location.origin, tenantId);
  return (
    <Tabs defaultValue="rest" variant="pills">
      <Group justify="space-between" mb="sm">
        <Tabs.List>
          {(['rest', 'socket', 'cli'] as const).map((kind) => (
            <Tabs.Tab key={kind} value={kind} py={6}>
              <Text size="sm">{text.steps[kind]}</Text>
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {may('admin', tenantId) && (
          <Button component={Link} to={tenantPath(tenantId, 'keys')} variant="default" size="xs" leftSection={<IconKey size={14} />}>
            {text.openKeys} {tenantId}
          </Button>
        )}
      </Group>
      {(['rest', 'socket', 'cli'] as const).map((kind) => (
        <Tabs.Panel key={kind} value={kind}>
          <Snippet code={code[kind]} label={`${text.steps[kind]} ${text.label}`} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
