// How the texts of others look in notifications and lists. A notification has room for about four
// lines, makes one line of several, and links of what looks like Markdown's: they could run commands.

import type { Question } from "./protocol";

/** A notification has room for this many characters of a title. */
const maxTitle = 300;

/** A text of which a notification makes no link. */
export function plain(text: string): string {
  return text.replaceAll("](", "] (");
}

/** A text as a line that a notification takes for nothing but text. */
export function oneLine(text: string): string {
  const line = plain(text.replace(/\s+/g, " ").trim());
  return line.length > maxTitle ? `${line.slice(0, maxTitle)}…` : line;
}

/** A text in a list, which would draw an icon for `$(date)`. */
export function iconless(text: string): string {
  return text.replaceAll("$(", "\\$(");
}

/** Whether a notification shows a command, or a call, as it is: only then it can be approved there. */
export function fits(question: Question): boolean {
  const detail = question.kind === "mcpToolCall" ? compact(question.detail) : question.detail.trim();
  return detail !== "" && headOf(question).includes(detail);
}

/** What is asked, as a line: of a call with what it is called with, if that is short. */
export function headOf({ kind, title, detail }: Question): string {
  const args = kind === "mcpToolCall" ? compact(detail) : "";
  return args === "" ? oneLine(title) : `${oneLine(title)} ${oneLine(args)}`;
}

/** No longer arguments are part of a notification's text. */
const maxArguments = 120;

/** Arguments in one line, nothing if they are long, or are more than they say once they are read: a key given twice. */
function compact(json: string): string {
  try {
    const read: unknown = JSON.parse(json);
    const line = JSON.stringify(read);
    return line.length > maxArguments || JSON.stringify(read, null, 2) !== json ? "" : line;
  } catch {
    return "";
  }
}
