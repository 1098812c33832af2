import { Grid } from "@mantine/core";
import { useTraffic } from "../../api/model";
import { Chart } from "../../charts/Chart";
import { errors, latency, throughput } from "../../charts/traffic";
import { stepOf, usePart } from "./part";

/** How much the model is asked, how long it takes and how often it fails. */
export function TrafficTab() {
  const part = usePart();
  const found = useTraffic(part, stepOf(part));
  return (
    <Grid gap="md">
      <Grid.Col span={12}>
        <Chart draw={throughput} of={[found]} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Chart draw={latency} of={[found]} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Chart draw={errors} of={[found]} />
      </Grid.Col>
    </Grid>
  );
}
