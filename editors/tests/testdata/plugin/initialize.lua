-- What the server learns of the plugin, and how typing is sent.
local server = require('fakeserver').start()
T.eq('options', server.initialized_with.initializationOptions, {
  capabilities = {
    approvals = true,
    events = true,
    forms = true,
    saveDocuments = true,
    reloadDocuments = true,
    review = true,
    debounce = 0,
  },
})
T.eq('debounce', server.client.flags.debounce_text_changes, 0)
