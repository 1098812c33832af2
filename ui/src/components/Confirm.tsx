import { Button, Group, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";

interface Props {
  title: string;
  /** What will be so afterwards. */
  text: string;
  yes: string;
  onYes: () => void;
  children: (ask: () => void) => ReactNode;
}

/** Asks before what cannot be taken back. */
export function Confirm({ title, text, yes, onYes, children }: Props) {
  const [isOpen, { open, close }] = useDisclosure();
  const go = () => {
    close();
    onYes();
  };
  return (
    <>
      {children(open)}
      <Modal opened={isOpen} onClose={close} title={title} size="sm">
        <Text size="sm">{text}</Text>
        <Group justify="flex-end" mt="md" gap="xs">
          <Button size="xs" variant="default" onClick={close} data-autofocus>
            Leave it
          </Button>
          <Button size="xs" color="red" onClick={go}>
            {yes}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
