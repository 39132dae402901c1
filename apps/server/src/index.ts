export { start } from './wiring/start.js';
