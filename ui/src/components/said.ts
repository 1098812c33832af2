import { notifications } from "@mantine/notifications";

/** What could not be done, and why, in the server's words. */
export const said = (error: Error): void => {
  notifications.show({ title: "That was not done", message: error.message, color: "red" });
};
