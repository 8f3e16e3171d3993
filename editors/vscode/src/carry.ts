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

/**
 * The edits as they are to be made once a change was. Undefined if that is in their place, or so near
 * that the server, which sees texts alone, could not tell what became of them.
 */
export function carry(edits: readonly Replacement[], change: Replacement): Replacement[] | undefined {
  const carried: Replacement[] = [];
  for (const edit of edits) {
    const { start, end } = edit.range;
    const margin = telling(edit.text) ? 0 : 1; // it is known by the lines beside it
    const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
    if (isAbove(change, start, margin)) {
      carried.push({ range: { start: moved(start, change), end: moved(end, change) }, text: edit.text });
    } else if (change.range.start.line > last + margin) {
      carried.push(edit);
    } else {
      return undefined;
    }
  }
  return carried;
}

/** Whether a change leaves the line alone that an edit begins in, and those next to it that are to be left alone. */
function isAbove(change: Replacement, start: Place, margin: number): boolean {
  const { end } = change.range;
  const justAbove = end.line === start.line && end.character === 0 && moved(end, change).character === 0;
  return end.line + margin < start.line || (justAbove && margin === 0);
}

/** Whether a text can be told from what users write, as the server has it. */
function telling(text: string): boolean {
  return (text.match(/[\p{L}\p{Nd}]/gu)?.length ?? 0) >= 4;
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
