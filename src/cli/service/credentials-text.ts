import type { DatasetCredentials } from "../../client/http/answers.js";
import { Failure } from "../command-failure.js";
import { escapeUnsafe } from "../terminal/terminal-text.js";

/** The version of the document that the AWS SDKs read from a `credential_process`. */
const CREDENTIAL_PROCESS_VERSION = 1;

/**
 * Formats credentials as `export` commands for bash, zsh and fish. The region is in two variables, because botocore (boto3, pandas)
 * reads only `AWS_DEFAULT_REGION`.
 *
 * @throws Failure for a value with control characters, because a shell executes the lines
 */
export function exportLines({ accessKeyId, secretAccessKey, sessionToken, region }: DatasetCredentials): string[] {
  const variables: [name: string, value: string | undefined][] = [
    ["AWS_ACCESS_KEY_ID", accessKeyId],
    ["AWS_SECRET_ACCESS_KEY", secretAccessKey],
    ["AWS_SESSION_TOKEN", sessionToken],
    ["AWS_REGION", region],
    ["AWS_DEFAULT_REGION", region],
  ];
  return variables.flatMap(([name, value]) => (value === undefined ? [] : [`export ${name}=${quote(name, value)}`]));
}

/**
 * Quotes a value for a shell. Inside single quotes, only the single quote itself is special. In fish, the backslash is also
 * special.
 */
function quote(name: string, value: string): string {
  if (!/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]*$/u.test(value)) {
    throw new Failure(`the service sent a value for ${name} that a shell cannot read safely; use --format json instead`);
  }
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/** Formats the notes as readable text: the locations of the datasets, and when the credentials expire. */
export function credentialNotes({ s3Uri, userS3Uri, expiration }: DatasetCredentials): string[] {
  return [
    `# datasets: ${s3Uri}`,
    ...(userS3Uri === undefined ? [] : [`# your datasets: ${userS3Uri}`]),
    ...(expiration === undefined ? [] : [`# expires: ${expiration}`]),
  ].map(escapeUnsafe);
}

/** Formats credentials as the document that AWS SDKs read from a `credential_process`. */
export function credentialProcess({ accessKeyId, secretAccessKey, sessionToken, expiration }: DatasetCredentials): string {
  return JSON.stringify({
    Version: CREDENTIAL_PROCESS_VERSION,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration,
  });
}
