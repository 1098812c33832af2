import { expect, it } from "vitest";
import type { Model } from "../../api/settings";
import { changeOf, draftOf, tagsOf } from "./settings";

const model = {
  owner: "ada",
  description: "",
  task: "binary",
  tags: { team: "risk" },
  hot_days: null,
  cold_days: 30,
} as unknown as Model;

it("is no change where nothing was written", () => {
  expect(changeOf(model, draftOf(model))).toEqual({});
});

it("holds only what is otherwise", () => {
  const draft = { ...draftOf(model), owner: "bob", cold_days: null, tags: ["team=risk", "a=b=c"] };
  expect(changeOf(model, draft)).toEqual({
    owner: "bob",
    cold_days: null,
    tags: { team: "risk", a: "b=c" },
  });
});

it("takes no half a tag", () => {
  expect(tagsOf(["=x", "y", " a = b "])).toEqual({ a: "b" });
});
