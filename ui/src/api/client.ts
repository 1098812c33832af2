/** The one way to the server: typed by its own description, failing in its own words. */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Shown = components["schemas"];

/** What is wrong, and where in what was sent. */
export interface Fault {
  pointer: string;
  detail: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string | null,
    readonly faults: Fault[] = [],
  ) {
    super(detail || title);
  }
}

export const client = createClient<paths>({ baseUrl: window.location.origin });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's data, or its problem thrown. */
export const told = async <T>(asked: Promise<Answer<T>>): Promise<T> => (await tagged(asked)).data;

/** With the tag by which a change says what it saw. */
export async function tagged<T>(asked: Promise<Answer<T>>): Promise<{ data: T; tag: string }> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch {
    throw new Problem(0, "The server cannot be reached", "Is `tidegauge serve` running?", null);
  }
  if (answer.response.ok)
    return { data: answer.data as T, tag: answer.response.headers.get("ETag") ?? "" };
  const body = (answer.error ?? {}) as {
    title?: string;
    detail?: string;
    request_id?: string;
    errors?: Fault[];
  };
  throw new Problem(
    answer.response.status,
    body.title ?? `The server answers ${answer.response.status}`,
    body.detail ?? "",
    body.request_id ?? null,
    body.errors ?? [],
  );
}
