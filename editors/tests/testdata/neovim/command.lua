-- Commands see what Codex wrote into buffers, and what they write is read again.
local completed = T.events('CodexTurnCompleted')
T.start('notes.txt')
local shown = {}
T.select(function(labels)
  for _, win in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(win).relative ~= '' then
      shown[#shown + 1] = T.text(vim.api.nvim_win_get_buf(win))
    end
  end
  return labels[1]
end)
vim.cmd('Codex rewrite and copy the notes')
T.wait('the turn ends', function()
  return #completed > 0
end)
T.eq('the end', completed[1].status, 'completed')
T.eq('approvals', #shown, 2)
assert(shown[1]:find('\n-old\n+new', 1, true), shown[1])
assert(
  shown[2]:find('cp notes.txt copy.txt && sed -i s/new/formatted/ notes.txt', 1, true),
  shown[2]
)
T.eq('what the command saw', T.file('copy.txt'), 'new\n')
T.eq('what it wrote is in the buffer', T.text(), 'formatted')
T.eq('which is saved', vim.bo.modified, false)
