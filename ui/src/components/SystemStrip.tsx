import { SimpleGrid, Text } from "@mantine/core";
import { useSystem } from "../api/fleet";
import { Sparkline } from "../charts/Sparkline";
import { bytes, digits, short } from "./numbers";
import { spanOf } from "./time";

/** How tidegauge itself does. */
export function SystemStrip() {
  const system = useSystem();
  const host = system.system_health;
  return (
    <section className="panel" aria-label="How tidegauge itself does">
      <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing={0} px="md" py={10}>
        <Fact name="Predictions, 24 h" value={short(system.predictions_24h)}>
          <Sparkline
            values={system.rate_24h}
            fromZero
            width={72}
            height={20}
            label="Predictions by hour"
          />
        </Fact>
        <Fact name="A minute now" value={short(system.throughput_per_minute)} />
        <Fact name="Counted with a lag of" value={spanOf(system.lag_seconds)} />
        <Fact name="Kept" value={bytes(system.stored_bytes)} note={`${short(system.rows)} rows`} />
        <Fact
          name="Disk"
          value={`${digits(host.disk_percent)} %`}
          note={`${bytes(host.disk_free_bytes)} free`}
        />
        <Fact
          name="CPU, memory"
          value={`${digits(host.cpu_percent ?? null, 2)} %, ${digits(host.memory_percent, 2)} %`}
        />
      </SimpleGrid>
      {system.reasons.map((reason) => (
        <Text key={reason} size="sm" px="md" pb="sm" style={{ color: "var(--critical)" }}>
          {reason}
        </Text>
      ))}
    </section>
  );
}

interface FactProps {
  name: string;
  value: string;
  note?: string;
  children?: React.ReactNode;
}

function Fact({ name, value, note, children }: FactProps) {
  return (
    <div style={{ minWidth: 0, padding: "2px 8px 2px 0" }}>
      <Text size="xs" c="dimmed" truncate>
        {name}
      </Text>
      <div style={{ display: "flex", gap: 8, alignItems: "center" }}>
        <Text size="sm" fw={600} style={{ whiteSpace: "nowrap" }}>
          {value}
        </Text>
        {note ? (
          <Text size="xs" c="dimmed" truncate>
            {note}
          </Text>
        ) : null}
        {children}
      </div>
    </div>
  );
}
