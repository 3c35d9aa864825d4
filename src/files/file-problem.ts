import { Failure } from "./failure.js";

/** The problem and what to do, for each error code of the file system. */
const PROBLEMS: Record<string, string> = {
  EACCES: "permission denied; use another file, or change the permissions",
  EPERM: "permission denied; use another file, or change the permissions",
  EROFS: "the file system is read-only; use another folder",
  ENOSPC: "no space left on the device; free some space, or use another device",
  EDQUOT: "the disk quota is exceeded; free some space, or use another file system",
  EFBIG: "the file is too large for the file system or the limit of this process",
  EISDIR: "it is a folder; use the path of a file",
  EMFILE: "too many open files; raise the limit (ulimit -n)",
  ENOTDIR: "a part of its path is not a folder",
  ENAMETOOLONG: "its name is too long",
};

/**
 * Converts a failed file operation to an error. Its message is one line with the problem and the remedy.
 *
 * @param operation such as `cannot write out.csv`
 * @param missing the problem if the file or its folder does not exist
 */
export function fileProblem(operation: string, cause: unknown, missing = "the folder does not exist; create it first"): Failure {
  const { code, message } = cause as NodeJS.ErrnoException;
  const problem = code === "ENOENT" ? missing : (PROBLEMS[code ?? ""] ?? message);
  return new Failure(`${operation}: ${problem}`, { code: "file", cause });
}
