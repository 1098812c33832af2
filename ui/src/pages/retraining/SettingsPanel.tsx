import { Button, Group, NumberInput, SimpleGrid, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";
import {
  type Settings,
  useRetrainingSettings,
  useSaveRetrainingSettings,
} from "../../api/retraining";
import { useMay } from "../../api/session";
import { Failure } from "../../components/Fallback";
import { Panel } from "../../components/Panel";

const NUMBERS: { of: keyof Settings; label: string; about: string; whole?: true; most: number }[] =
  [
    {
      of: "max_concurrent_jobs",
      label: "At once",
      about: "jobs that train at the same time",
      whole: true,
      most: 1_000,
    },
    {
      of: "cooldown_period_hours",
      label: "Cooldown, hours",
      about: "from the end of a model's last job",
      most: 2_160,
    },
    {
      of: "min_samples_for_retraining",
      label: "Labels at least",
      about: "since it was trained last",
      whole: true,
      most: 1e9,
    },
    {
      of: "performance_threshold",
      label: "Better by",
      about: "0.1 is a tenth of all that is missing",
      most: 1_000,
    },
    {
      of: "keep_versions",
      label: "Versions kept",
      about: "of a model, beside those in use",
      whole: true,
      most: 10_000,
    },
  ];

/** What holds for all models, where a policy says nothing else. */
export function SettingsPanel() {
  const settings = useRetrainingSettings();
  const may = useMay("write");
  const [mine, setMine] = useState<Partial<Settings>>({});
  const { mutate, isPending, error } = useSaveRetrainingSettings();
  const shown = { ...settings, ...mine };
  const isChanged = Object.entries(mine).some(
    ([name, value]) => settings[name as keyof Settings] !== value,
  );
  const forget = () => setMine({});
  return (
    <Panel title="For all models" about="where a policy says nothing else">
      <Stack gap="sm">
        <Switch
          label="Models are trained again"
          description="Off: none starts by itself, and no runner is given one"
          checked={shown.enabled}
          disabled={!may}
          onChange={(event) => setMine({ ...mine, enabled: event.currentTarget.checked })}
        />
        <SimpleGrid cols={{ base: 1, xs: 2, md: 5 }} spacing="sm">
          {NUMBERS.map(({ of, label, about, whole, most }) => (
            <NumberInput
              key={of}
              label={label}
              description={about}
              size="xs"
              min={of === "max_concurrent_jobs" || of === "keep_versions" ? 1 : 0}
              max={most}
              allowDecimal={!whole}
              readOnly={!may}
              value={shown[of] as number}
              onChange={(value) => typeof value === "number" && setMine({ ...mine, [of]: value })}
            />
          ))}
        </SimpleGrid>
        <Switch
          label="A candidate that is better serves without asking"
          description="Off: somebody promotes it on its job's page"
          checked={shown.auto_deploy}
          disabled={!may}
          onChange={(event) => setMine({ ...mine, auto_deploy: event.currentTarget.checked })}
        />
        {error ? <Failure error={error} /> : null}
        {may ? (
          <Group gap="xs">
            <Button
              size="xs"
              loading={isPending}
              disabled={!isChanged}
              onClick={() => mutate(shown, { onSuccess: forget })}
            >
              Save
            </Button>
            {isChanged ? (
              <Button size="xs" variant="default" onClick={forget}>
                Forget
              </Button>
            ) : null}
          </Group>
        ) : (
          <Text size="xs" c="dimmed">
            An editor can change it.
          </Text>
        )}
      </Stack>
    </Panel>
  );
}
