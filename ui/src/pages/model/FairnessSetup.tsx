import {
  Button,
  Code,
  Group,
  MultiSelect,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import { Problem } from "../../api/client";
import { useModel } from "../../api/model";
import { useMay } from "../../api/session";
import { useModelChange } from "../../api/settings";
import { AnchorLink } from "../../components/AnchorLink";
import { Failure } from "../../components/Fallback";
import { Panel } from "../../components/Panel";
import { Stale } from "../../components/Stale";

/** What was written and is not saved, and the revision that it was begun at. */
interface Draft {
  seen: number;
  positive?: string;
  isHope?: boolean;
  attributes?: string[];
}

interface Props {
  modelId: string;
  /** It was said before, and may be changed. */
  isKnown?: boolean;
}

/** What has to be said once, so that groups can be held against each other. */
export function FairnessSetup({ modelId, isKnown }: Props) {
  const model = useModel(modelId);
  const may = useMay("write");
  const [draft, setDraft] = useState<Draft | null>(null);
  const now = {
    positive: model.positive_label ?? "",
    isHope: model.positive_is_favourable,
    attributes: [...model.protected_attributes],
    seen: model.revision,
    ...draft,
  };
  const set = (told: Omit<Draft, "seen">) => setDraft({ ...draft, seen: now.seen, ...told });
  const { mutate, isPending, error, reset } = useModelChange(modelId);
  if (isKnown && !may) return null;
  const isOfNumbers = model.task === "regression";
  const save = () =>
    mutate(
      {
        change: {
          protected_attributes: now.attributes,
          ...(isOfNumbers
            ? {}
            : { positive_label: now.positive, positive_is_favourable: now.isHope }),
        },
        revision: now.seen,
      },
      { onSuccess: () => setDraft(null) },
    );
  return (
    <Panel title={isKnown ? "What is held against each other" : "Are groups treated alike?"}>
      <Stack gap="md" maw={640}>
        {isKnown ? null : (
          <Text size="sm">
            Log with each prediction the group that it is of, as a tag:{" "}
            <Code>{'tags={"gender": "f"}'}</Code>. Then declare that tag as a{" "}
            <AnchorLink
              to="/models/$modelId/reference"
              params={{ modelId }}
              search
              underline="always"
            >
              segment
            </AnchorLink>
            , and say here that it is to be watched for fairness. Everything logged since it became
            a segment counts.
          </Text>
        )}
        {may ? (
          <>
            {isOfNumbers ? null : (
              <Group align="flex-end" gap="md">
                <TextInput
                  label="Positive class"
                  description="As labels have it"
                  placeholder="approved"
                  value={now.positive}
                  onChange={(event) => set({ positive: event.currentTarget.value })}
                  size="xs"
                  w={180}
                />
                <div>
                  <Text size="xs" fw={500} mb={4}>
                    It is what people
                  </Text>
                  <SegmentedControl
                    aria-label="It is what people"
                    size="xs"
                    data={[
                      { value: "yes", label: "hope for" },
                      { value: "no", label: "fear" },
                    ]}
                    value={now.isHope === null ? "" : now.isHope ? "yes" : "no"}
                    onChange={(value) => set({ isHope: value === "yes" })}
                  />
                </div>
              </Group>
            )}
            <MultiSelect
              label="Protected attributes"
              description={
                model.segments.length
                  ? "Declared segments; none chosen is all of them"
                  : "No segment is declared yet"
              }
              data={[...model.segments]}
              value={now.attributes}
              onChange={(attributes) => set({ attributes })}
              disabled={!model.segments.length}
              maxValues={20}
              size="xs"
            />
            {error ? (
              error instanceof Problem && error.status === 412 ? (
                <Stale
                  onGoOn={() => {
                    setDraft({ ...draft, seen: model.revision });
                    reset();
                  }}
                />
              ) : (
                <Failure error={error} />
              )
            ) : null}
            <Group>
              <Button
                size="xs"
                onClick={save}
                loading={isPending}
                disabled={!isOfNumbers && (!now.positive || now.isHope === null)}
              >
                Save
              </Button>
            </Group>
          </>
        ) : (
          <Text size="sm" c="dimmed">
            Somebody who may write can say so here.
          </Text>
        )}
      </Stack>
    </Panel>
  );
}
