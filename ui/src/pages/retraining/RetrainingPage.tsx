import { Button, Group, Select, Stack, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconRefresh } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useFleet } from "../../api/fleet";
import { usePolicies, useRetrainingSummary } from "../../api/retraining";
import { useMay } from "../../api/session";
import { Part } from "../../components/Fallback";
import { JOB_STATES, type RetrainingSearch } from "../../search";
import { Files } from "./Files";
import { Jobs } from "./Jobs";
import { Policies } from "./Policies";
import { RetrainForm } from "./RetrainForm";
import { SettingsPanel } from "./SettingsPanel";
import { worded } from "./State";
import { headline } from "./told";

/** Models that are trained again: what goes on, what came of it, and what starts it. */
export function RetrainingPage() {
  const summary = useRetrainingSummary();
  const policies = usePolicies();
  const may = useMay("write");
  const { model } = useSearch({ from: "/retraining" });
  const [isAsking, { open, close }] = useDisclosure();
  return (
    <Stack gap="md" maw={1300} mx="auto">
      <Group justify="space-between">
        <Title order={1}>{headline(summary)}</Title>
        {may && policies.length ? (
          <Button size="xs" leftSection={<IconRefresh size={15} />} onClick={open}>
            Retrain a model
          </Button>
        ) : null}
      </Group>
      <Filters />
      <Part height={240}>
        <Jobs />
      </Part>
      {model ? (
        <Part height={140}>
          <Files modelId={model} />
        </Part>
      ) : null}
      <Policies policies={policies} />
      <Part height={200}>
        <SettingsPanel />
      </Part>
      {isAsking ? <RetrainForm policies={policies} onClose={close} /> : null}
    </Stack>
  );
}

function Filters() {
  const { state, model } = useSearch({ from: "/retraining" });
  const go = useNavigate({ from: "/retraining" });
  const names = useFleet().models.map((each) => each.model_id);
  const set = (told: RetrainingSearch) =>
    go({ search: (old) => ({ ...old, ...told }), replace: true });
  return (
    <Group gap="xs">
      <Select
        aria-label="State"
        placeholder="Any state"
        size="xs"
        w={150}
        clearable
        data={JOB_STATES.map((value) => ({
          value,
          label: value === "open" ? "Not over yet" : worded(value),
        }))}
        value={state ?? null}
        onChange={(value) => set({ state: (value ?? undefined) as RetrainingSearch["state"] })}
      />
      <Select
        aria-label="Model"
        placeholder="Any model"
        size="xs"
        w={220}
        clearable
        searchable
        limit={100}
        data={model && !names.includes(model) ? [model, ...names] : names}
        value={model ?? null}
        onChange={(value) => set({ model: value ?? undefined })}
      />
    </Group>
  );
}
