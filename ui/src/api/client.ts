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

/** What was asked for before the page was there (public/early.js), each answer once. */
const early = (window as { early?: Map<string, Promise<Response>> }).early;

function asked(request: Request): Promise<Response> {
  const path = request.url.slice(window.location.origin.length);
  const answer = request.method === "GET" ? early?.get(path) : undefined;
  early?.delete(path);
  return answer ?? fetch(request);
}

export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: asked });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's data, or its problem thrown. */
export const told = async <T>(answer: Promise<Answer<T>>): Promise<T> =>
  (await tagged(answer)).data;

/** With the tag by which a change says what it saw. */
export async function tagged<T>(coming: Promise<Answer<T>>): Promise<{ data: T; tag: string }> {
  let answer: Answer<T>;
  try {
    answer = await coming;
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
