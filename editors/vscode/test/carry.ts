// What a change of a text makes of edits that were meant for the text before it.

import assert from "node:assert/strict";
import { carry, type Replacement } from "../src/carry.ts";

const place = (line: number, character: number) => ({ line, character });

function replaced(from: [number, number], to: [number, number], text: string): Replacement {
  return { range: { start: place(...from), end: place(...to) }, text };
}

/** What an edit makes of a text. */
function made(text: string, { range, text: put }: Replacement): string {
  const offset = ({ line, character }: { line: number; character: number }) =>
    text
      .split("\n")
      .slice(0, line)
      .reduce((sum, l) => sum + l.length + 1, 0) + character;
  return text.slice(0, offset(range.start)) + put + text.slice(offset(range.end));
}

const text = "one\ntwo\nthree\nfour\n";
const line = replaced([2, 0], [3, 0], "THREE\n"); // a whole line
const word = replaced([2, 1], [2, 3], "HR"); // a part of one, which is known by the lines beside it
const gone = replaced([2, 0], [3, 0], ""); // likewise

const cases: [what: string, edit: Replacement, change: Replacement, want: string | undefined][] = [
  ["a line above", line, replaced([0, 0], [0, 0], "new\n"), "new\none\ntwo\nTHREE\nfour\n"],
  ["a line just above", line, replaced([2, 0], [2, 0], "new\n"), "one\ntwo\nnew\nTHREE\nfour\n"],
  ["a line break at the end of the line above", line, replaced([1, 3], [1, 3], "\n  "), "one\ntwo\n  \nTHREE\nfour\n"],
  ["keys at the end of the line above", line, replaced([1, 3], [1, 3], "xyz"), "one\ntwoxyz\nTHREE\nfour\n"],
  ["lines removed above", line, replaced([0, 0], [2, 0], ""), "THREE\nfour\n"],
  ["keys in the line below", line, replaced([3, 0], [3, 0], "x"), "one\ntwo\nTHREE\nxfour\n"],
  ["the line below removed", line, replaced([3, 0], [4, 0], ""), "one\ntwo\nTHREE\n"],
  ["a key in the line", line, replaced([2, 2], [2, 2], "x"), undefined],
  ["a key at its start", line, replaced([2, 0], [2, 0], "x"), undefined],
  ["the line break before it removed", line, replaced([1, 3], [2, 0], ""), undefined],
  ["more than the line replaced", line, replaced([1, 0], [4, 0], "x\n"), undefined],
  ["keys before the part", word, replaced([2, 0], [2, 0], "xx"), undefined],
  ["keys in the line above the part", word, replaced([1, 1], [1, 1], "x"), undefined],
  ["keys in the line below the part", word, replaced([3, 1], [3, 1], "x"), undefined],
  ["a line two above the part", word, replaced([0, 0], [0, 0], "new\n"), "new\none\ntwo\ntHRee\nfour\n"],
  ["a line just above what goes", gone, replaced([2, 0], [2, 0], "new\n"), undefined],
  ["a line removed near what goes", gone, replaced([0, 0], [1, 0], ""), undefined],
];
for (const [what, edit, change, want] of cases) {
  const carried = carry([edit], change);
  const after = carried?.[0] && made(made(text, change), carried[0]);
  assert.equal(after, want, what);
}
assert.equal(carry([replaced([0, 0], [1, 0], "ONE!\n"), line], replaced([2, 4], [2, 4], "x")), undefined, "one of them is touched");
