// A job as it goes on: what it says of itself, how far it is, its numbers, and the wish that it stop.

import { element, events, post } from "./shell.js";

/** Shows the jobs of a page, one at a time. A status says everything, so only what has changed is touched. */
export class Watch {
  /**
   * `show(status)` renders what is the page's own: `controls`, which stand beside the stop, and `own`, below the link
   * to the report. The job on show is named in the address, so that it is found again when the page is opened anew.
   * `words` stand in its place before there is any.
   */
  constructor(words, show, controls, ...own) {
    this.show = show;
    this.leave = () => {};
    this.known = new Map();
    this.empty = element("p", { class: "muted" }, words);
    this.others = element("nav", { class: "row others", "aria-label": "Begun before", hidden: true });
    this.name = element("h2", { id: "job" });
    this.said = element("p", { class: "outcome", role: "status", "aria-live": "polite" });
    this.bar = element("progress", { max: 1, "aria-label": "Share of all steps" });
    this.numbers = element("dl", { class: "numbers" });
    this.links = element("p", { class: "row links" });
    this.stop = element("button", { type: "button", onclick: () => this.ask() }, "Stop");
    this.live = element("section", { class: "live", "aria-labelledby": "job", hidden: true },
      this.name, this.said, this.bar, this.numbers, element("div", { class: "row controls" }, this.stop, controls),
      this.links, ...own);
    this.host = element("div", {}, this.empty, this.others, this.live);
  }

  /** Begin with the jobs that the server knows: show the one that the address names, else the newest. */
  begin(jobs) {
    for (const job of jobs) this.known.set(job.id, job);
    const first = this.known.get(location.hash.slice(1)) ?? jobs.at(-1);
    if (first) this.follow(first);
  }

  /** Start a job by what a form holds, and show it. */
  async start(url, values) {
    this.follow(await post(url, values));
    this.host.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  /** Show a job from now on, beginning with what is known of it. */
  follow(status) {
    this.leave();
    this.known.set(status.id, status);
    this.empty.hidden = true;
    this.live.hidden = false;
    history.replaceState(null, "", `#${status.id}`);
    this.update(status);
    this.list();
    this.leave = events(`/jobs/${status.id}/events`, { status: (news) => this.update(news) });
  }

  /** Offer the other jobs that the page knows. */
  list() {
    const byName = new Map([...this.known.values()].map((job) => [job.name, job]));  // of a resumed one the latest
    const others = [...byName.values()].filter((job) => job.name !== this.status.name);
    this.others.hidden = !others.length;
    this.others.replaceChildren(...others.map((job) =>
      element("button", { type: "button", onclick: () => this.follow(this.known.get(job.id)) }, job.name)));
  }

  async ask() {
    this.stop.disabled = true;
    try {
      await post(`/jobs/${this.status.id}/stop`); // the events tell what comes of it
    } catch (error) {
      this.stop.disabled = false;
      throw error;
    }
  }

  update(status) {
    this.status = status;
    this.known.set(status.id, status);
    const going = status.state === "running" || status.state === "stopping";
    const failed = status.state === "failed" || ["diverged", "nonfinite"].includes(status.outcome);
    text(this.name, status.name);
    text(this.said, status.said);
    this.said.className = `outcome ${failed ? "bad" : going || status.outcome === "interrupted" ? "" : "good"}`;
    this.bar.hidden = !going;
    if (status.share) this.bar.value = status.share;
    else this.bar.removeAttribute("value");
    pairs(this.numbers, status.numbers);
    this.stop.hidden = !going;
    this.stop.disabled = status.state === "stopping";
    this.link(status);
    this.show(status);
  }

  /** Lead to the report, once there is one. */
  link({ name, report }) {
    this.links.hidden = !report;
    const address = `/runs/${encodeURIComponent(name)}/report`;
    if (!report || this.links.firstChild?.getAttribute("href") === address) return;
    this.links.replaceChildren(element("a", { href: address, target: "_blank" }, "Report"),
      element("a", { href: "/runs" }, "All runs"));
  }
}

/** Set an element's text where it is another, so that what is read out aloud is read once. */
export function text(host, words) {
  if (host.textContent !== words) host.textContent = words;
}

/** Show pairs of a name and a number; numbers that stay in their place are only written anew. */
export function pairs(list, numbers) {
  const names = [...list.querySelectorAll("dt")].map((name) => name.textContent);
  if (names.join("\n") !== numbers.map(([name]) => name).join("\n")) {
    list.replaceChildren(...numbers.map(([name]) => element("div", {}, element("dt", {}, name), element("dd"))));
  }
  list.querySelectorAll("dd").forEach((shown, place) => text(shown, numbers[place][1]));
}

/** Return a list of what was stopped before, each with a button that goes on with it. */
export function unfinished(found, again) {
  const host = element("section", { class: "before", hidden: !found.length }, element("h2", {}, "Stopped before"));
  host.append(element("ul", {}, ...found.map((each) => {
    const button = element("button", { type: "button", "aria-label": `Resume ${each.name}` }, "Resume");
    const item = element("li", {}, button, element("div", {}, element("strong", {}, each.name),
      element("small", {}, [each.what, when(each.started)].filter(Boolean).join(" · "))));
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await again(each.name);
        item.remove();
        host.hidden = !host.querySelector("li");
      } finally {
        button.disabled = false;
      }
    });
    return item;
  })));
  return host;
}

function when(started) {
  return started ? new Date(started).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }) : "";
}
