import { Failure } from "./command-failure.js";

/** What a file operation failed with, and what to do about it. */
const PROBLEMS: Record<string, string> = {
  EACCES: "permission denied; name another file, or give the user of this process the right to it",
  EPERM: "permission denied; name another file, or give the user of this process the right to it",
  EROFS: "the file system is read-only; name a file on another one",
  ENOSPC: "no space is left on the device; free some, or name a file on another one",
  EDQUOT: "the disk quota is used up; free some space, or name a file elsewhere",
  EFBIG: "the file may not grow any further; name one on a file system without that limit, or raise it",
  EISDIR: "it is a folder; name a file",
  EMFILE: "too many files are open; raise the limit (ulimit -n)",
  ENOTDIR: "a part of its path is no folder; name another one",
  ENAMETOOLONG: "its name is too long; name a shorter one",
};

/**
 * An error of the file system, told in one line.
 *
 * @param what what was to be done: "cannot write out.csv"
 * @param missing what to do where the file or its folder isn't there
 */
export function fileProblem(what: string, cause: unknown, missing = "the folder isn't there; make it first"): Failure {
  const { code, message } = cause as NodeJS.ErrnoException;
  const problem = code === "ENOENT" ? missing : (PROBLEMS[code ?? ""] ?? message);
  return new Failure(`${what}: ${problem}`, { cause });
}
