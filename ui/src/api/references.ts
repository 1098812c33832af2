import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { client, Problem, type Shown, told } from "./client";

export type Reference = Shown["ReferenceShown"];
export type Schema = Shown["SchemaShown"];
export type SchemaWanted = Shown["SchemaWanted"];

/** A span of logged rows, to be compared with from now on. */
export interface SpanWanted {
  start_time: string;
  end_time: string;
  name: string;
  version?: string;
  why: string;
}

const path = (modelId: string) => ({ path: { model_id: modelId } });

export const useReferences = (modelId: string) =>
  useSuspenseQuery({
    queryKey: ["model", modelId, "references"],
    queryFn: () =>
      told(client.GET("/api/v1/models/{model_id}/references", { params: path(modelId) })),
  }).data;

export const useSchema = (modelId: string) =>
  useSuspenseQuery({
    queryKey: ["model", modelId, "schema"],
    queryFn: () => told(client.GET("/api/v1/models/{model_id}/schema", { params: path(modelId) })),
  }).data;

/** All that is measured is measured against the reference, by the schema. */
function useAnew(modelId: string): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["model", modelId] });
}

export function useLearn(modelId: string) {
  return useMutation({
    mutationFn: (body: SpanWanted) =>
      told(
        client.POST("/api/v1/models/{model_id}/references", {
          params: path(modelId),
          body: body as never,
        }),
      ),
    onSuccess: useAnew(modelId),
  });
}

export interface Upload {
  file: File;
  media: string;
  name: string;
  why: string;
  /** How much of it is on its way, of 1. */
  onProgress: (part: number) => void;
}

export function useUpload(modelId: string) {
  return useMutation({
    mutationFn: (wanted: Upload) => sent(modelId, wanted),
    onSuccess: useAnew(modelId),
  });
}

/** Only the old way of asking tells how far a body is. */
function sent(modelId: string, { file, media, name, why, onProgress }: Upload): Promise<Reference> {
  const address = `/api/v1/models/${encodeURIComponent(modelId)}/references`;
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", `${address}?${new URLSearchParams({ name, why })}`);
    asked.setRequestHeader("Content-Type", media);
    asked.upload.onprogress = (event) => onProgress(event.loaded / Math.max(event.total, 1));
    asked.onerror = () =>
      reject(new Problem(0, "The server cannot be reached", "The file was not sent.", null));
    asked.onload = () => {
      const body = parsed(asked.responseText);
      if (asked.status === 201) resolve(body as unknown as Reference);
      else
        reject(
          new Problem(
            asked.status,
            body.title ?? `The server answers ${asked.status}`,
            body.detail ?? "",
            body.request_id ?? null,
          ),
        );
    };
    asked.send(file);
  });
}

function parsed(text: string): { title?: string; detail?: string; request_id?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Say what columns are, unless somebody else changed the model meanwhile. */
export function useSchemaEdit(modelId: string) {
  return useMutation({
    mutationFn: ({ wanted, revision }: { wanted: SchemaWanted; revision: number }) =>
      told(
        client.PUT("/api/v1/models/{model_id}/schema", {
          params: { ...path(modelId), header: { "if-match": `"${revision}"` } },
          body: wanted,
        }),
      ),
    // Refused, too: then somebody else changed it, and theirs is to be seen.
    onSettled: useAnew(modelId),
  });
}
