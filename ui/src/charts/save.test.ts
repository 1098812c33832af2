import { expect, it } from "vitest";
import { csv } from "./save";

it("writes nothing that a spreadsheet runs", () => {
  expect(csv([{ name: "=1+1", value: -2 }])).toBe('name,value\r\n"\'=1+1",-2\r\n');
});

it("quotes what would break a line", () => {
  expect(csv([{ a: 'x"y', b: "1,2", c: null }])).toBe('a,b,c\r\n"x""y","1,2",\r\n');
});

it("leaves a number that is none empty", () => {
  expect(csv([{ a: Number.NaN }])).toBe("a\r\n\r\n");
});
