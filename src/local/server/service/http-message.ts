import { stringifyJson } from "../../../codec/json.js";

export interface HttpRequest {
  method: string;
  /** The path and the query of the URL. */
  target: string;
  /** Header names are in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function textAnswer(status: number, body: string): HttpResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}

/** Builds a JSON response. @param value may contain 64-bit integers as `bigint` */
export function jsonAnswer(value: unknown): HttpResponse {
  return jsonText(stringifyJson(value));
}

/** Builds a JSON response from JSON text. */
export function jsonText(body: string): HttpResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body };
}
