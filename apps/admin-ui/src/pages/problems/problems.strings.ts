export const problemsText = {
  notFound: 'There is no such page',
  notFoundBody: 'The address may be mistyped, or it belongs to something that was removed.',
  toStart: 'Go to the start',
  crash: 'This page failed',
  crashBody: 'It is a fault of the dashboard. After an update of the server, loading the page again usually helps.',
} as const;
