-- The statusline says what is being done, and each codex/ notification is a User event.
local fake = require('fakeserver')
local server = fake.start()
local completed = T.events('CodexTurnCompleted')
local waiting = T.events('CodexItemCommandExecutionOutputDelta')
local status = require('codex').status
T.eq('idle', status(), '')
server:notify('codex/turn/started', { threadId = 't1', turnId = 'u1', prompt = 'x' })
T.eq('before any progress', status(), 'codex: working')
server:notify('$/progress', { token = 'k', value = { kind = 'begin', title = 'Codex' } })
T.eq('begun', status(), 'Codex')
server:notify(
  '$/progress',
  { token = 'k', value = { kind = 'report', message = 'running go test' } }
)
T.eq('a report', status(), 'codex: running go test')
server:notify(
  'codex/item/commandExecution/outputDelta',
  { threadId = 't1', itemId = 'c', delta = 'ok' }
)
T.eq('passed on', waiting[1].delta, 'ok')
server:notify('$/progress', { token = 'k', value = { kind = 'end' } })
server:notify('codex/turn/completed', { threadId = 't1', turnId = 'u1', status = 'interrupted' })
T.eq('ended', status(), '')
T.eq('the event', completed, { { threadId = 't1', turnId = 'u1', status = 'interrupted' } })
assert(T.said('codex: interrupted'))

server:notify('codex/turn/completed', {
  threadId = 't1',
  status = 'completed',
  answer = 'All tests pass.',
  changedFiles = { '/srv/a.go', '/srv/b.go' },
})
assert(T.said('codex: done, 2 files changed\nAll tests pass.'))
