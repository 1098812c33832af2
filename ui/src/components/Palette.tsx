import { Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { fleetQuery } from "../api/fleet";
import { Status } from "./Status";

/** Every model and page, a few letters away. */
export function Palette() {
  const go = useNavigate();
  const { data } = useQuery(fleetQuery);
  const pages: SpotlightActionData[] = [
    { id: "fleet", label: "Fleet", onClick: () => go({ to: "/" }) },
    { id: "incidents", label: "Incidents", onClick: () => go({ to: "/incidents" }) },
  ];
  const models = (data?.models ?? []).map((each) => ({
    id: `model ${each.model_id}`,
    label: each.model_id,
    description: each.worst?.title ?? each.description,
    leftSection: <Status is={each.status} />,
    onClick: () => go({ to: "/models/$modelId/overview", params: { modelId: each.model_id } }),
  }));
  return (
    <Spotlight
      actions={[
        { group: "Pages", actions: pages },
        { group: "Models", actions: models },
      ]}
      shortcut={["mod + K", "/"]}
      limit={12}
      scrollable
      highlightQuery
      nothingFound="Nothing is called that"
      searchProps={{ leftSection: <IconSearch size={18} />, placeholder: "A model, or a page" }}
    />
  );
}
