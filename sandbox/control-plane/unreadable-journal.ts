import type { Unreadable } from "../journal";

export const UNREADABLE_JOURNAL: Unreadable = {
  title: "The control plane's journal cannot be read.",
  remedy: "Remove the file; nodes then enrol and register anew.",
};
