import { useHead } from "../../api/model";
import type { Side } from "../../components/side";
import type { ModelSearch } from "../../search";
import { useChange, useModelSearch, usePart } from "./part";

/** Both sides as the address has them, and what they can be of. */
export function useSides() {
  const page = usePart();
  const search = useModelSearch();
  const set = useChange();
  const { versions, segments } = useHead(page.modelId);
  const a: Side = {
    period: search.a ?? "before",
    version: search.a_version,
    segment: search.a_segment,
  };
  const b: Side = { period: search.b, version: search.b_version, segment: search.b_segment };
  return {
    page,
    a,
    b,
    versions: versions.map((each) => each.version),
    segments: segments.map((each) => each.segment),
    setA: (side: Side, more: ModelSearch = {}) =>
      // Unsaid, A is the time before; so this time has to be said of it.
      set({
        a: side.period ?? "now",
        a_version: side.version,
        a_segment: side.segment,
        ...more,
      }),
    setB: (side: Side) => set({ b: side.period, b_version: side.version, b_segment: side.segment }),
  };
}
