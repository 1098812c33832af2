import { Grid } from "@mantine/core";
import { useTraffic } from "../../api/model";
import { ErrorsChart, LatencyChart, ThroughputChart } from "../../charts/TrafficCharts";
import { stepOf, usePart } from "./part";

/** How much the model is asked, how long it takes and how often it fails. */
export function TrafficTab() {
  const part = usePart();
  const found = useTraffic(part, stepOf(part));
  return (
    <Grid gap="md">
      <Grid.Col span={12}>
        <ThroughputChart found={found} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <LatencyChart found={found} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <ErrorsChart found={found} />
      </Grid.Col>
    </Grid>
  );
}
