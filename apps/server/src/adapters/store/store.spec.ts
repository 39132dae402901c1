import { storeContract } from '@parley/domain/testing';
import { openPostgres } from '../../testing/postgres-technology.js';

storeContract('postgres', openPostgres);
