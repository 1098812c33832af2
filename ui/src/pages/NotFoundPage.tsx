import { AnchorLink } from "../components/AnchorLink";
import { Empty } from "../components/Empty";

export function NotFoundPage() {
  return (
    <Empty title="There is no such page">
      The address may be mistyped, or what it showed is gone.{" "}
      <AnchorLink to="/" underline="always">
        See the fleet
      </AnchorLink>
    </Empty>
  );
}
