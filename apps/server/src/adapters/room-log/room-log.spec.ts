import { roomLogContract, userLogContract } from '@parley/domain/testing';
import { openPostgres } from '../../testing/postgres-technology.js';

roomLogContract('postgres', openPostgres);
userLogContract('postgres', openPostgres);
