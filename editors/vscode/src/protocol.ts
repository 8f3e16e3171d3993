// Mirrors lsp/protocol.go, with the events of agent/event.go and the questions of agent/question.go.

import { NotificationType, type Position, type Range, RequestType } from "vscode-languageclient/node";

/** What the server must announce as experimental.codexProtocol. */
export const protocolVersion = 1;

/**
 * Put before the ids of the commands that the server advertises. The client library registers
 * each of them for the whole window; `codex.` alone is for the user's commands.
 */
export const commandPrefix = "codex.server.";

/** What ends the name of a chat document. */
export const chatSuffix = ".codex.md";

export interface Ref {
  threadId: string;
  turnId?: string;
}

export type WaitReason = "" | "connect" | "model" | "stream" | "retry" | "limit" | "approval" | "command" | "edit" | "servers" | "hook";
export type TurnStatus = "completed" | "interrupted" | "failed";
export type Decision = "approved" | "approvedForSession" | "approvedWithRule" | "declined" | "abort" | "distrusted";

export interface Question {
  id: string;
  threadId: string;
  turnId: string;
  kind: "command" | "patch" | "read" | "mcpToolCall" | "form" | "url" | "trust" | "permissions";
  title: string;
  /** The whole command, or the whole diff. */
  detail: string;
  /** The model's. */
  reason?: string;
  /** Why it is asked, and the rule for that. */
  policy?: string;
  rule?: string;
  /** The rules that "approvedWithRule" writes. */
  proposal?: string[];
  cwd?: string;
  files?: string[];
  /** What an MCP server wants to know. */
  form?: FormField[];
  decisions: Decision[];
}

/** One thing that an MCP server wants to know: agent.FormField. */
export interface FormField {
  name: string;
  title?: string;
  description?: string;
  /** An array is several of the choices. */
  type: "string" | "number" | "integer" | "boolean" | "array";
  choices?: { value: string; title: string }[];
  required?: boolean;
  default?: string | number | boolean | string[];
}

export interface Answer {
  decision: Decision;
  by: "user" | "interrupt" | "timeout" | "disconnect" | "nobody" | "policy";
}

export interface TurnStarted extends Ref {
  prompt: string;
}

export interface Waiting extends Ref {
  reason: WaitReason;
  detail?: string;
}

export interface TurnCompleted extends Ref {
  status: TurnStatus;
  error?: string;
  answer?: string;
  changedFiles?: string[];
}

/** How much of what an account may use in a time is used. */
export interface RateLimit {
  name: string;
  usedPercent: number;
  /** Unix time. */
  resetsAt?: number;
}

export interface UsageUpdated extends Ref {
  tokenUsage: { totalTokens: number };
  /** That the model reads next, of what it can. */
  contextTokens: number;
  modelContextWindow: number;
  rateLimits?: RateLimit[];
}

export interface DiffUpdated extends Ref {
  diff: string;
}

export interface ApprovalRequested extends Ref {
  question: Question;
}

export interface ApprovalResolved extends Ref {
  id: string;
  answer: Answer;
}

export const turnStarted = new NotificationType<TurnStarted>("codex/turn/started");
export const turnWaiting = new NotificationType<Waiting>("codex/turn/waiting");
export const usageUpdated = new NotificationType<UsageUpdated>("codex/thread/tokenUsage/updated");
export const turnCompleted = new NotificationType<TurnCompleted>("codex/turn/completed");
export const diffUpdated = new NotificationType<DiffUpdated>("codex/turn/diff/updated");
export const approvalRequested = new NotificationType<ApprovalRequested>("codex/approval/requested");
export const approvalResolved = new NotificationType<ApprovalResolved>("codex/approval/resolved");

/** A change that waits for review. The range is of whole lines, and empty for a removal. */
export interface Hunk {
  id: string;
  threadId: string;
  range: Range;
  removed: string;
  added: string;
}

/** All changes of a document that wait for review. */
export interface ReviewMarks {
  uri: string;
  version: number;
  hunks: Hunk[];
}

export const reviewMarks = new NotificationType<ReviewMarks>("codex/review/marks");

export interface Documents {
  uris: string[];
}

export const saveDocuments = new RequestType<Documents, { unsaved: string[] }, void>("codex/saveDocuments");
export const reloadDocuments = new RequestType<Documents, null, void>("codex/reloadDocuments");

/** Which turn's changes are put back: without a thread the one asked last is meant. */
export interface UndoParams {
  threadId?: string;
  turnId?: string;
  textDocument?: { uri: string };
}

export interface Reverted extends ThreadRef {
  turnId: string;
  files: { path: string; kind: string; turnId: string }[];
}

/** Which changes are decided: those named, else those at the position, else all of the document. */
export interface ReviewParams {
  textDocument?: { uri: string };
  hunks?: string[];
  position?: Position;
}

export interface MoveParams {
  textDocument: { uri: string };
  position: Position;
}

export interface MoveResult {
  uri: string;
  range: Range;
}

export interface AskParams {
  prompt?: string;
  threadId?: string;
  cwd?: string;
  textDocument?: { uri: string };
  range?: Range;
  chat?: boolean;
}

export interface ThreadRef {
  threadId: string;
  cwd: string;
}

/** How the user is signed in: agent/auth.Status. */
export interface Account {
  method: "none" | "apiKey" | "environment" | "chatgpt" | "accessToken" | "other";
  email?: string;
  plan?: string;
  key?: string;
  problem?: string;
}

export interface SetModelParams {
  threadId?: string;
  cwd?: string;
  model?: string;
  effort?: string;
  summary?: string;
  verbosity?: string;
}

/** What the next turn of a thread asks. */
export interface Chosen {
  model: string;
  effort: string;
  summary: string;
  verbosity: string;
  /** Those that the model is known to take. */
  efforts: string[];
  modelContextWindow: number;
}

/** A command that was left running, or has left something in the background: agent.Terminal. */
export interface Terminal {
  id: number;
  threadId: string;
  command: string;
  cwd: string;
  tty: boolean;
  state: "running" | "ended" | "background";
  started: string;
}

/** Which saved conversations are meant: those about a folder, or all. */
export interface SessionFilter {
  cwd?: string;
  all?: boolean;
  archived?: boolean;
}

/** A saved conversation: agent/rollout.Summary. */
export interface Session {
  threadId: string;
  title: string;
  cwd: string;
  written: string;
  program: string;
  forkedFrom?: string;
  archived?: boolean;
}

/** An MCP server, as it stands. */
export interface McpServer {
  name: string;
  state: "idle" | "starting" | "ready" | "failed" | "disabled";
  tools: number;
  error?: string;
  signsIn?: boolean;
}

/** What the user has decided about a project. */
export interface Trust {
  project: string;
  trust: "trusted" | "untrusted" | "";
}

/** Each command that is used here: its argument and what it answers. */
export interface Commands {
  ask: { argument: AskParams; result: ThreadRef & { turnId: string } };
  steer: { argument: { prompt: string }; result: Ref };
  interrupt: { argument: { threadId?: string }; result: { interrupted: boolean; threadIds: string[] } };
  listTerminals: { argument: { threadId?: string }; result: Terminal[] };
  killTerminal: { argument: { id: number }; result: null };
  newThread: { argument: { cwd?: string }; result: ThreadRef };
  setModel: { argument: SetModelParams; result: ThreadRef & Chosen };
  resume: { argument: { threadId?: string; cwd?: string }; result: ThreadRef & { title: string } };
  compact: { argument: Record<string, never>; result: ThreadRef };
  undoCompact: { argument: Record<string, never>; result: ThreadRef };
  listSessions: { argument: SessionFilter & { after?: string }; result: { threads: Session[]; next?: string } };
  searchSessions: { argument: SessionFilter & { text: string }; result: { hits: (Session & { excerpt: string })[]; more: boolean } };
  forkThread: { argument: { threadId: string }; result: ThreadRef & { title: string } };
  renameThread: { argument: { threadId: string; name: string }; result: { threadId: string } };
  archiveThread: { argument: { threadId: string; back?: boolean }; result: { threadId: string } };
  deleteThread: { argument: { threadId: string; confirmed: true }; result: { threadId: string } };
  exportThread: { argument: { threadId: string }; result: { markdown?: string } };
  listServers: { argument: { cwd?: string }; result: McpServer[] };
  loginServer: { argument: { name: string; cwd?: string }; result: { url: string } };
  trust: { argument: { cwd?: string; trust?: "trusted" | "untrusted" }; result: Trust };
  undoTurn: { argument: UndoParams; result: Reverted };
  redoTurn: { argument: UndoParams; result: Reverted };
  acceptHunk: { argument: ReviewParams; result: { hunks: number } };
  rejectHunk: { argument: ReviewParams; result: { hunks: number } };
  nextHunk: { argument: MoveParams; result: MoveResult | null };
  previousHunk: { argument: MoveParams; result: MoveResult | null };
  openChat: { argument: { threadId?: string; cwd?: string }; result: ThreadRef & { uri: string } };
  login: { argument: { method?: "browser" | "code" }; result: { url: string; code?: string } };
  logout: { argument: Record<string, never>; result: { signedOut: boolean } };
  account: { argument: Record<string, never>; result: Account };
  listApprovals: { argument: { threadId?: string }; result: Question[] };
  approve: {
    argument: { id: string; decision: Decision; message?: string; content?: Record<string, unknown> };
    result: { accepted: boolean; decision: Decision };
  };
}
