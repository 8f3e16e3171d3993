// What an MCP server wants to know: asked for field by field, in lists and input boxes.

import { window } from "vscode";
import { iconless, oneLine } from "./notice";
import type { FormField, Question } from "./protocol";

type Value = string | number | boolean | string[];

/** Where a field is left out, which is not the same as giving the form up. */
const leftOut = Symbol("left out");

/** Has the user fill a form in. Nothing comes of one that was given up. */
export async function fillIn({ title, detail, form = [] }: Question): Promise<Record<string, Value> | undefined> {
  const content: Record<string, Value> = {};
  for (const [i, field] of form.entries()) {
    const options = {
      title: form.length > 1 ? `${oneLine(detail || title)} (${i + 1}/${form.length})` : oneLine(detail || title),
      ignoreFocusOut: true as const, // the answer may have to be looked up
    };
    const value = await ask(field, options);
    if (value === undefined) {
      return undefined;
    }
    if (value !== leftOut) {
      content[field.name] = value;
    }
  }
  return content;
}

interface Options {
  title: string;
  ignoreFocusOut: true;
}

function ask(field: FormField, options: Options): Promise<Value | typeof leftOut | undefined> {
  if (field.type === "array") {
    return several(field, options);
  }
  if (field.type === "boolean") {
    return oneOf(field, options, [
      { label: "Yes", value: true },
      { label: "No", value: false },
    ]);
  }
  if (field.choices !== undefined && field.choices.length > 0) {
    return oneOf(
      field,
      options,
      field.choices.map(({ title, value }) => ({ label: iconless(oneLine(title)), value })),
    );
  }
  return typed(field, options);
}

async function oneOf(
  field: FormField,
  options: Options,
  items: { label: string; value: Value }[],
): Promise<Value | typeof leftOut | undefined> {
  const marked = items.map((item) => (item.value === field.default ? { ...item, description: "unless you say otherwise" } : item));
  const none = field.required ? [] : [{ label: "$(dash) Leave Out", value: leftOut }];
  const picked = await window.showQuickPick([...marked, ...none] as { label: string; value: Value | typeof leftOut }[], {
    ...options,
    placeHolder: saying(field),
  });
  return picked?.value;
}

async function several(field: FormField, options: Options): Promise<string[] | typeof leftOut | undefined> {
  const usual = Array.isArray(field.default) ? field.default : [];
  const items = (field.choices ?? []).map(({ title, value }) => ({
    label: iconless(oneLine(title)),
    value,
    picked: usual.includes(value),
  }));
  const picked = await window.showQuickPick(items, { ...options, placeHolder: saying(field), canPickMany: true });
  if (picked?.length === 0 && !field.required) {
    return leftOut;
  }
  return picked?.map(({ value }) => value);
}

async function typed(field: FormField, options: Options): Promise<string | number | typeof leftOut | undefined> {
  const text = await window.showInputBox({
    ...options,
    prompt: saying(field),
    value: field.default === undefined ? "" : String(field.default),
    validateInput: (value) => wrong(field, value.trim()),
  });
  if (text === undefined) {
    return undefined;
  }
  const value = text.trim();
  if (value === "") {
    return leftOut;
  }
  return field.type === "string" ? value : Number(value);
}

/** What is wrong with a text as a field's value. */
function wrong({ type, required }: FormField, value: string): string | undefined {
  if (value === "") {
    return required ? "This is needed." : undefined;
  }
  if (type === "integer" && !/^[+-]?\d+$/.test(value)) {
    return "A whole number is needed.";
  }
  return type === "number" && !Number.isFinite(Number(value)) ? "A number is needed." : undefined;
}

/** What a field is, and whether it must be given. */
function saying({ name, title, description, required }: FormField): string {
  const what = [title || name, description].filter(Boolean).join(": ");
  return oneLine(required ? what : `${what} (may be left out)`);
}
