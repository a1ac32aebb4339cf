// What was found wrong with a run, each finding a link to its evidence in the report.

import { element } from "./shell.js";

/** Return a list of the findings about the run called `name`; those beyond the first `told` are only named. */
export function findings(found, name, told = found.length) {
  const report = `/runs/${encodeURIComponent(name)}/report`;
  const item = ({ cause, message }, place) =>
    element("li", {}, element("a", { href: `${report}#${cause}`, target: "_blank", title: message }, cause),
      place < told && ` ${message}`);
  return element("ul", { class: "findings", "aria-label": "Findings" }, ...found.map(item));
}
