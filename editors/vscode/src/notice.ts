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

/** Whether a notification shows a command as it is: only then it can be approved there. */
export function fits(question: Question): boolean {
  const command = question.detail.trim();
  return command !== "" && oneLine(question.title).includes(command);
}
