/** How many of the last lines are shown where no line says what went wrong. */
const LAST_LINES = 6;

/** Why Packer failed, by what it said, and what mends it. */
export interface PackerFailure {
  readonly what: string;
  readonly remedy?: string;
}

/**
 * Reads Packer's output after a failure: an sshd that never answered, what the scripts and checks say of themselves
 * (`images/<image>/provision/run.sh`), Packer's own errors; otherwise the last lines.
 */
export function failureIn(output: string): PackerFailure {
  if (output.includes("Timeout waiting for SSH")) {
    return {
      what: "the builder's sshd never answered",
      remedy:
        "Check that POLYCAST_BUILDER_CIDRS names the address from which Packer runs, and that the base image lets in the key that it is given.",
    };
  }
  const lines = output.split(/\r?\n/).map((line) => line.trim());
  const said = lines.flatMap((line) => /(?:^|: +)(FAILED: .+|not ok \d+ - .+)$/.exec(line)?.[1] ?? []);
  const errors = lines.flatMap((line) => /^\*? ?Error: (.+)$/.exec(line)?.[1] ?? []);
  const found = [...new Set(said.length > 0 ? said : errors)];
  if (found.length > 0) return { what: found.join("; ") };
  return {
    what: lines
      .filter((line) => line !== "")
      .slice(-LAST_LINES)
      .join("\n"),
  };
}
