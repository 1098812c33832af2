import { Button, FileInput, Group, Modal, Progress, Stack, Text } from "@mantine/core";
import { IconFile } from "@tabler/icons-react";
import { useState } from "react";
import { useUpload } from "../../api/references";
import { Failure } from "../../components/Fallback";
import { bytes, percent } from "../../components/numbers";
import { Fields } from "./LearnDialog";
import { ACCEPTED, mediaOf } from "./media";

interface Props {
  modelId: string;
  isOpen: boolean;
  onClose: () => void;
}

/** A file of rows, on its way to be the reference. */
export function UploadDialog({ modelId, isOpen, onClose }: Props) {
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const [why, setWhy] = useState("");
  const [part, setPart] = useState(0);
  const { mutate, isPending, error, reset } = useUpload(modelId);
  const media = file ? mediaOf(file.name) : null;
  const pick = (told: File | null) => {
    setFile(told);
    setPart(0);
    reset();
  };
  const close = () => {
    pick(null);
    onClose();
  };
  const send = () =>
    file &&
    media &&
    mutate(
      { file, media, name: name || file.name.slice(0, 256), why, onProgress: setPart },
      { onSuccess: close },
    );
  return (
    <Modal opened={isOpen} onClose={close} title="Upload a reference" size="md">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Rows with the columns that are logged, best those that the model was tested on. From then
          on everything is compared with them, and the windows that are counted already are counted
          again by their bins.
        </Text>
        <FileInput
          label="File"
          description="CSV, Parquet or an Arrow stream"
          placeholder="Choose a file"
          accept={ACCEPTED}
          leftSection={<IconFile size={15} />}
          value={file}
          onChange={pick}
          error={file && !media ? "That is none of these" : undefined}
          clearable
          size="xs"
        />
        <Fields name={name} why={why} onNameChange={setName} onWhyChange={setWhy} />
        {isPending && file ? (
          <div>
            <Progress value={100 * part} animated={part >= 1} aria-label="Sent" />
            <Text size="xs" c="dimmed" mt={4} role="status">
              {part < 1
                ? `${percent(part)} of ${bytes(file.size)} is sent`
                : "All is sent; its rows are being counted"}
            </Text>
          </div>
        ) : null}
        {error ? <Failure error={error} /> : null}
        <Group justify="flex-end">
          <Button size="xs" disabled={!media} loading={isPending} onClick={send}>
            Compare with these from now on
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
