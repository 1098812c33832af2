import { SimpleGrid } from "@mantine/core";
import { SidePicker } from "../../components/SidePicker";
import { useSides } from "./sides";

/** What is held against what. */
export function Sides() {
  const { page, a, b, versions, segments, setA, setB } = useSides();
  const all = { page, versions, segments };
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <SidePicker name="A" colour="var(--series)" side={a} onChange={setA} {...all} />
      <SidePicker name="B" colour="var(--other)" side={b} onChange={setB} {...all} />
    </SimpleGrid>
  );
}
