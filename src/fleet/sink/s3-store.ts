import { randomUUID } from "node:crypto";
import type * as S3 from "@aws-sdk/client-s3";
import { importOptionalPeer } from "../../local/engine/litesvm/import-optional-peer.js";
import { messageOf } from "../../protocol/error-helpers.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { FleetSinkPlan } from "../plan/fleet-plan.js";
import type { SinkStore } from "./sink-store.js";

type S3Plan = Extract<FleetSinkPlan, { kind: "s3" }>;

/** Size of a part of a multipart upload, in bytes. Larger objects are uploaded in several parts. S3 requires at least 5 MiB. */
const PART_BYTES = 8 * 1024 * 1024;
/** Maximum number of objects that one request to S3 can delete. */
const MAX_DELETES = 1_000;
/** Maximum number of attempts to create an object. An attempt fails if another write to the object is in progress. */
const MAX_CONFLICTS = 10;

/**
 * Opens a sink in an S3-compatible service, and checks that the service supports conditional writes. Without them, two workers
 * could both act as the owner of a job.
 *
 * @throws SimulatorError `unsupported` if the package is not installed, or the service ignores `If-None-Match`; `sink` if the
 * bucket cannot be used
 */
export async function openS3Store(plan: S3Plan): Promise<SinkStore> {
  const store = new S3Store(plan, await loadS3());
  const probe = `probe-${randomUUID()}`;
  const isFirst = await store.create(probe, Buffer.from("1"));
  const isSecond = await store.create(probe, Buffer.from("2"));
  await store.remove([probe]);
  if (!isFirst || isSecond) {
    const problem = "the service ignores conditional writes (If-None-Match), which fleets need";
    throw new SimulatorError("unsupported", `${store.place}: ${problem}; use AWS S3, MinIO, Cloudflare R2, or a folder`);
  }
  return store;
}

/** Loads the AWS SDK, which is an optional peer dependency. */
async function loadS3(): Promise<typeof S3> {
  try {
    return (await importOptionalPeer("@aws-sdk/client-s3")) as typeof S3;
  } catch (cause) {
    throw new SimulatorError("unsupported", "records in S3 need one more package: npm install @aws-sdk/client-s3", { cause });
  }
}

/** A sink in an S3-compatible service. Credentials come from the environment, as the AWS SDK reads them. */
class S3Store implements SinkStore {
  readonly place: string;
  readonly #s3: typeof S3;
  readonly #client: S3.S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor({ bucket, prefix, region, endpoint, forcePathStyle = endpoint !== undefined }: S3Plan, s3: typeof S3) {
    this.#s3 = s3;
    this.#bucket = bucket;
    this.#prefix = prefix === undefined || prefix === "" ? "" : `${prefix.replace(/\/+$/, "")}/`;
    this.place = `s3://${bucket}/${this.#prefix}`;
    this.#client = new s3.S3Client({
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      forcePathStyle,
      // Some S3-compatible services do not support the checksums that the SDK adds by default.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await this.#client.send(new this.#s3.GetObjectCommand(this.#at(name)));
      return await Body?.transformToByteArray();
    } catch (cause) {
      if (statusOf(cause) === 404 && nameOf(cause) !== "NoSuchBucket") return undefined;
      throw this.#problem("read", name, cause);
    }
  }

  async *stream(name: string): AsyncGenerator<Uint8Array> {
    try {
      const { Body } = await this.#client.send(new this.#s3.GetObjectCommand(this.#at(name)));
      if (Body !== undefined) yield* Body as AsyncIterable<Uint8Array>;
    } catch (cause) {
      throw this.#problem("read", name, cause);
    }
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    try {
      if (bytes.length > PART_BYTES) await this.#writeParts(name, bytes);
      else await this.#client.send(new this.#s3.PutObjectCommand({ ...this.#at(name), Body: bytes }));
    } catch (cause) {
      throw this.#problem("write", name, cause);
    }
  }

  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#client.send(new this.#s3.PutObjectCommand({ ...this.#at(name), Body: bytes, IfNoneMatch: "*" }));
        return true;
      } catch (cause) {
        if (statusOf(cause) === 412) return false;
        // Another write of the same object is in progress: tries again.
        if (statusOf(cause) === 409 && nameOf(cause) === "ConditionalRequestConflict" && attempt < MAX_CONFLICTS) continue;
        throw this.#problem("write", name, cause);
      }
    }
  }

  async list(folder: string): Promise<string[]> {
    const prefix = `${this.#prefix}${folder}/`;
    const names: string[] = [];
    let token: string | undefined;
    try {
      do {
        const page: S3.ListObjectsV2CommandOutput = await this.#client.send(
          new this.#s3.ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ContinuationToken: token }),
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) names.push(Key.slice(prefix.length));
        token = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      return names;
    } catch (cause) {
      throw this.#problem("list", folder, cause);
    }
  }

  async remove(names: readonly string[]): Promise<void> {
    for (let at = 0; at < names.length; at += MAX_DELETES) {
      const Objects = names.slice(at, at + MAX_DELETES).map((name) => ({ Key: this.#prefix + name }));
      try {
        const deleting = new this.#s3.DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } });
        await this.#client.send(deleting);
      } catch (cause) {
        throw this.#problem("delete", names[at] ?? "", cause);
      }
    }
  }

  /** Writes an object as a multipart upload. Readers see the object only after all parts are stored. */
  async #writeParts(name: string, bytes: Uint8Array): Promise<void> {
    const { UploadId } = await this.#client.send(new this.#s3.CreateMultipartUploadCommand(this.#at(name)));
    const upload = { ...this.#at(name), UploadId };
    try {
      const Parts: S3.CompletedPart[] = [];
      for (let at = 0; at < bytes.length; at += PART_BYTES) {
        const PartNumber = Parts.length + 1;
        const Body = bytes.subarray(at, at + PART_BYTES);
        const { ETag } = await this.#client.send(new this.#s3.UploadPartCommand({ ...upload, PartNumber, Body }));
        Parts.push({ ETag, PartNumber });
      }
      await this.#client.send(new this.#s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    } catch (cause) {
      // The stored parts of an incomplete upload cost money until the upload is aborted.
      await this.#client.send(new this.#s3.AbortMultipartUploadCommand(upload)).catch(() => {});
      throw cause;
    }
  }

  #at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + name };
  }

  #problem(operation: string, name: string, cause: unknown): SimulatorError {
    return new SimulatorError("sink", `cannot ${operation} ${this.place}${name}: ${messageOf(cause)}`, { cause });
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

function nameOf(error: unknown): string | undefined {
  return (error as { name?: string }).name;
}
