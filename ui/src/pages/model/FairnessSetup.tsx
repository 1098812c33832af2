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

interface Props {
  modelId: string;
  /** It was said before, and may be changed. */
  isKnown?: boolean;
}

/** What has to be said once, so that groups can be held against each other. */
export function FairnessSetup({ modelId, isKnown }: Props) {
  const model = useModel(modelId);
  const may = useMay("write");
  const [seen, setSeen] = useState(model.revision);
  const [positive, setPositive] = useState(model.positive_label ?? "");
  const [isHope, setHope] = useState(model.positive_is_favourable);
  const [attributes, setAttributes] = useState([...model.protected_attributes]);
  const { mutate, isPending, error, reset } = useModelChange(modelId);
  if (isKnown && !may) return null;
  const isOfNumbers = model.task === "regression";
  const save = () =>
    mutate(
      {
        change: {
          protected_attributes: attributes,
          ...(isOfNumbers ? {} : { positive_label: positive, positive_is_favourable: isHope }),
        },
        revision: seen,
      },
      { onSuccess: (changed) => setSeen(changed.revision) },
    );
  return (
    <Panel title={isKnown ? "What is held against each other" : "Are groups treated alike?"}>
      <Stack gap="md" maw={640}>
        {isKnown ? null : (
          <Text size="sm">
            Log with each prediction the group that it is of, as a tag:{" "}
            <Code>{'tags={"gender": "f"}'}</Code>. Then declare that tag as a{" "}
            <AnchorLink to="/models/$modelId/reference" params={{ modelId }} search>
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
                  value={positive}
                  onChange={(event) => setPositive(event.currentTarget.value)}
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
                    value={isHope === null ? "" : isHope ? "yes" : "no"}
                    onChange={(value) => setHope(value === "yes")}
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
              value={attributes}
              onChange={setAttributes}
              disabled={!model.segments.length}
              maxValues={20}
              size="xs"
            />
            {error ? (
              error instanceof Problem && error.status === 412 ? (
                <Stale
                  onGoOn={() => {
                    setSeen(model.revision);
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
                disabled={!isOfNumbers && (!positive || isHope === null)}
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
