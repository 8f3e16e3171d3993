// What a notification makes of texts, and which commands it shows as they are.

import assert from "node:assert/strict";
import { fits, headOf, oneLine, plain } from "../src/notice.ts";
import type { Question } from "../src/protocol.ts";

/** What VS Code makes a link of (parseLinkedText). */
const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;

for (const text of [
  "Made [new](command:codex.restart).",
  "[[x](https://example.com)]",
  '[x](file:///etc/passwd "harmless")',
  "[a](b)[Approve](command:codex.approve)](command:x)",
]) {
  assert.ok(link.test(text), `${text} is no link, so it tests nothing`);
  assert.ok(!link.test(plain(text)), `${plain(text)} has a link`);
  assert.ok(!link.test(oneLine(text)), `${oneLine(text)} has a link`);
  assert.equal(plain(plain(text)), plain(text));
}
assert.equal(oneLine("[x]\n(command:y)"), "[x] (command:y)");
assert.equal(oneLine("  two\n\tlines "), "two lines");
assert.equal(oneLine("a[0] and (b)"), "a[0] and (b)");
assert.equal(oneLine("x".repeat(301)), `${"x".repeat(300)}…`);

const commands: [command: string, shown: boolean][] = [
  ["go test ./...", true],
  ["rm one.txt\n", true],
  [" \n", false],
  ["x".repeat(290), true],
  ["x".repeat(301), false],
  ["echo a\nrm -rf b", false],
  ["echo a\rrm -rf b", false],
  ["echo 'two  spaces'", false],
  ["echo a\tb", false],
  ["echo '[x](command:y)'", false],
  ["echo '[x](y)'", false],
  ["[ -f a ] && (echo b)", true],
];
for (const [command, shown] of commands) {
  assert.equal(fits(asked(command)), shown, `${JSON.stringify(command)} fits`);
}
assert.ok(!fits(asked("rm -rf b", "Run a harmless script?")), "a title that is not the command");

const calls: [args: string, shown: string, fits: boolean][] = [
  ['{\n  "list": "guests"\n}', 'Call it? {"list":"guests"}', true],
  ["{}", "Call it? {}", true],
  [`{\n  "a": "${"x".repeat(200)}"\n}`, "Call it?", false],
  ['{\n  "a": 1,\n  "a": 2\n}', "Call it?", false],
  ['{\n  "a": "[x](command:y)"\n}', 'Call it? {"a":"[x] (command:y)"}', false],
  ['{\n  "a": "two  spaces"\n}', 'Call it? {"a":"two spaces"}', false],
  ["no JSON", "Call it?", false],
];
for (const [args, shown, whole] of calls) {
  const call: Question = { ...asked(args, "Call it?"), kind: "mcpToolCall" };
  assert.equal(headOf(call), shown);
  assert.equal(fits(call), whole, `${args} fits`);
}

function asked(detail: string, title = `Run ${detail}?`): Question {
  return { id: "1", threadId: "t", turnId: "u", kind: "command", title, detail, decisions: ["approved", "declined"] };
}
