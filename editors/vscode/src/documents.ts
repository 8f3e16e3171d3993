// What the server asks of the editor's documents.

import { type TextDocument, workspace } from "vscode";
import type { Documents } from "./protocol";

/** Writes documents to disk, and returns those that could not be. */
export async function save({ uris }: Documents): Promise<{ unsaved: string[] }> {
  const saved = await Promise.all(uris.map(async (uri) => (await documentOf(uri)?.save()) ?? false));
  return { unsaved: uris.filter((_, i) => !saved[i]) };
}

/**
 * The editor reads a document without unsaved changes again by itself, once it hears from the file
 * system that the file has changed. The server waits until it sees that; there is nothing to do.
 */
export function reload(): null {
  return null;
}

function documentOf(uri: string): TextDocument | undefined {
  return workspace.textDocuments.find((document) => document.uri.toString() === uri);
}
