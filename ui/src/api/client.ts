/** The one way to the server: typed by its own description, failing in its own words. */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Shown = components["schemas"];

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string | null,
  ) {
    super(detail || title);
  }
}

export const client = createClient<paths>({ baseUrl: window.location.origin });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's data, or its problem thrown. */
export async function told<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch {
    throw new Problem(0, "The server cannot be reached", "Is `tidegauge serve` running?", null);
  }
  if (answer.response.ok) return answer.data as T;
  const body = (answer.error ?? {}) as { title?: string; detail?: string; request_id?: string };
  throw new Problem(
    answer.response.status,
    body.title ?? `The server answers ${answer.response.status}`,
    body.detail ?? "",
    body.request_id ?? null,
  );
}
