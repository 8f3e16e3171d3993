// Carries edits of a text over what was changed in it since.

/** A place in a text, as Position of vscode is one. */
export interface Place {
  readonly line: number;
  readonly character: number;
}

/** A part of a text that is replaced. */
export interface Replacement {
  readonly range: { readonly start: Place; readonly end: Place };
  readonly text: string;
}

/** The edits as they are to be made once a change was, or undefined if that is in their place. */
export function carry(edits: readonly Replacement[], change: Replacement): Replacement[] | undefined {
  const carried: Replacement[] = [];
  for (const edit of edits) {
    const { start, end } = edit.range;
    if (isBefore(change, start)) {
      carried.push({ range: { start: moved(start, change), end: moved(end, change) }, text: edit.text });
    } else if (isAfter(change, end)) {
      carried.push(edit);
    } else {
      return undefined;
    }
  }
  return carried;
}

/** A change just before an edit leaves it alone if that still begins with its line. Otherwise it is in the edit's place. */
function isBefore(change: Replacement, start: Place): boolean {
  const order = compare(change.range.end, start);
  return order < 0 || (order === 0 && start.character === 0 && moved(start, change).character === 0);
}

function isAfter({ range }: Replacement, end: Place): boolean {
  const order = compare(range.start, end);
  return order > 0 || (order === 0 && end.character === 0);
}

/** Where a place that is not before the end of a change is once it was made. */
function moved(place: Place, { range, text }: Replacement): Place {
  const lines = text.split("\n");
  const last = lines[lines.length - 1] ?? "";
  const line = place.line + lines.length - 1 - (range.end.line - range.start.line);
  if (place.line > range.end.line) {
    return { line, character: place.character };
  }
  const before = lines.length === 1 ? range.start.character : 0;
  return { line, character: before + last.length + place.character - range.end.character };
}

function compare(a: Place, b: Place): number {
  return a.line - b.line || a.character - b.character;
}
