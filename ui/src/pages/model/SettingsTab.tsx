import {
  Button,
  Group,
  Modal,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Problem } from "../../api/client";
import { useModel } from "../../api/model";
import { useMay } from "../../api/session";
import { type Model, useModelChange, useModelRemove } from "../../api/settings";
import { Failure } from "../../components/Fallback";
import { named } from "../../components/numbers";
import { Panel } from "../../components/Panel";
import { SaveBar } from "../../components/SaveBar";
import { said } from "../../components/said";
import { usePart } from "./part";
import { changeOf, type Draft, draftOf, TASKS } from "./settings";

/** What is said of a model: whose it is, what it does, how long it is kept. */
export function SettingsTab() {
  const { modelId } = usePart();
  const model = useModel(modelId);
  const may = useMay("write");
  return (
    <Stack gap="md" maw={820}>
      {may ? <About model={model} /> : <Told model={model} />}
      {may ? <Danger model={model} /> : null}
    </Stack>
  );
}

function About({ model }: { model: Model }) {
  const [seen, setSeen] = useState(model.revision);
  const [draft, setDraft] = useState<Partial<Draft> | null>(null);
  const { mutate, isPending, error, reset } = useModelChange(model.model_id);
  const now = { ...draftOf(model), ...draft };
  const change = changeOf(model, now);
  const count = Object.keys(change).length;
  const set = (told: Partial<Draft>) => {
    if (!draft) setSeen(model.revision);
    setDraft({ ...draft, ...told });
  };
  const forget = () => {
    setDraft(null);
    reset();
  };
  return (
    <Panel title="About" flush>
      <Stack gap="sm" px="md" pb="md">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <TextInput
            label="Owner"
            value={now.owner}
            onChange={(event) => set({ owner: event.currentTarget.value })}
            size="xs"
          />
          <Select
            label="Task"
            description={model.is_task_yours ? "As somebody said" : "As its outputs look"}
            inputWrapperOrder={["label", "input", "description"]}
            data={TASKS.map((each) => ({ value: each, label: named(each) }))}
            value={now.task}
            onChange={(task) => set({ task: task as Draft["task"] })}
            clearable
            size="xs"
          />
        </SimpleGrid>
        <Textarea
          label="Description"
          value={now.description}
          onChange={(event) => set({ description: event.currentTarget.value })}
          autosize
          minRows={2}
          maxLength={4000}
          size="xs"
        />
        <TagsInput
          label="Tags"
          description="As team=risk; the fleet can be grouped by them, and routes told apart"
          value={now.tags}
          onChange={(tags) => set({ tags })}
          maxTags={50}
          size="xs"
          error={now.tags.some((each) => !each.includes("=")) ? "A tag is name=value" : undefined}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <NumberInput
            label="Rows at hand"
            description="Days for which rows can be read at once"
            placeholder="As for all models"
            suffix=" d"
            min={1}
            max={3650}
            allowDecimal={false}
            value={now.hot_days ?? ""}
            onChange={(days) => set({ hot_days: typeof days === "number" ? days : null })}
            size="xs"
          />
          <NumberInput
            label="Rows in the archive"
            description="Days more for which they are kept, and then erased"
            placeholder="As for all models"
            suffix=" d"
            min={1}
            max={3650}
            allowDecimal={false}
            value={now.cold_days ?? ""}
            onChange={(days) => set({ cold_days: typeof days === "number" ? days : null })}
            size="xs"
          />
        </SimpleGrid>
      </Stack>
      <SaveBar
        count={count}
        isPending={isPending}
        error={error}
        isStale={error instanceof Problem && error.status === 412}
        onGoOn={() => {
          setSeen(model.revision);
          reset();
        }}
        onSave={() => mutate({ change, revision: seen }, { onSuccess: forget })}
        onForget={forget}
      />
    </Panel>
  );
}

/** The same, for who may only look. */
function Told({ model }: { model: Model }) {
  const facts: [string, string][] = [
    ["Owner", model.owner],
    ["Task", model.task ? named(model.task) : ""],
    ["Description", model.description],
    ["Tags", draftOf(model).tags.join(", ")],
    ["Rows at hand", model.hot_days ? `${model.hot_days} days` : "as for all models"],
    ["Rows in the archive", model.cold_days ? `${model.cold_days} days` : "as for all models"],
  ];
  return (
    <Panel title="About" flush>
      <table className="rows">
        <tbody>
          {facts.map(([name, value]) => (
            <tr key={name}>
              <td style={{ width: 160, color: "var(--faint)" }}>{name}</td>
              <td style={{ overflowWrap: "anywhere" }}>{value || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Danger({ model }: { model: Model }) {
  const [isErasing, erasing] = useDisclosure();
  const isAdmin = useMay("admin");
  const go = useNavigate();
  const { mutate, isPending } = useModelRemove(model.model_id);
  const change = useModelChange(model.model_id);
  const isArchived = model.archived_at !== null;
  const archive = () =>
    isArchived
      ? change.mutate({ change: { archived: false }, revision: model.revision }, { onError: said })
      : mutate({ erase: false }, { onError: said, onSuccess: () => go({ to: "/" }) });
  return (
    <Panel title="Out of the way">
      <Stack gap="md">
        <Group justify="space-between" wrap="nowrap" gap="md">
          <Text size="sm" style={{ flex: 1 }}>
            {isArchived
              ? "It is archived: out of the fleet, with all that is known of it."
              : "Archive it: it leaves the fleet and is judged no longer; all that is known of it stays."}
          </Text>
          <Button size="xs" variant="default" onClick={archive} loading={isPending}>
            {isArchived ? "Bring it back" : "Archive"}
          </Button>
        </Group>
        {isAdmin ? (
          <Group justify="space-between" wrap="nowrap" gap="md">
            <Text size="sm" style={{ flex: 1 }}>
              Erase it: its rows, windows, references and incidents are gone for good.
            </Text>
            <Button size="xs" color="red" variant="light" onClick={erasing.open}>
              Erase
            </Button>
          </Group>
        ) : null}
      </Stack>
      {isErasing ? <EraseDialog modelId={model.model_id} onClose={erasing.close} /> : null}
    </Panel>
  );
}

function EraseDialog({ modelId, onClose }: { modelId: string; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const go = useNavigate();
  const { mutate, isPending, error } = useModelRemove(modelId);
  return (
    <Modal opened onClose={onClose} title={`Erase ${modelId}?`} size="md">
      <Stack gap="sm">
        <Text size="sm">
          All that was logged of it and all that was found is removed. This cannot be taken back.
        </Text>
        <TextInput
          label={`Type ${modelId} to go on`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
          size="xs"
        />
        {error ? <Failure error={error} /> : null}
        <Group justify="flex-end">
          <Button
            size="xs"
            color="red"
            disabled={typed !== modelId}
            loading={isPending}
            onClick={() => mutate({ erase: true }, { onSuccess: () => go({ to: "/" }) })}
          >
            Erase for good
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
