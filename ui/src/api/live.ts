import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

export type Live = "on" | "off";

/** What each kind of change makes old. */
const OLD: Record<string, string[]> = {
  reading: ["model", "monitors"],
  incident: ["incidents", "fleet", "model"],
  notice: ["incidents", "channels"],
};
const TOGETHER_MS = 1_500;

/** Listen to the server for as long as the page is open; what changed is asked anew, in bundles. */
export function useLive(): Live {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live>("off");
  useEffect(() => {
    const source = new EventSource("/api/v1/live");
    const old = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const changed = (kind: string) => () => {
      for (const each of OLD[kind] ?? []) old.add(each);
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const each of old) queries.invalidateQueries({ queryKey: [each] });
        old.clear();
      }, TOGETHER_MS);
    };
    for (const kind of Object.keys(OLD)) source.addEventListener(kind, changed(kind));
    source.addEventListener("missed", () => queries.invalidateQueries());
    source.onopen = () => setLive("on");
    source.onerror = () => setLive("off");
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [queries]);
  return live;
}
