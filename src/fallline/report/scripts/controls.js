// Buttons, slider and speed for a clock, and its keys: space, left and right, Home and End.
//
// class Controls {
//   constructor(host, clock)   fills the host; keys work anywhere on the page but where they mean something else
// }

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16];
const SHAPES = {
  start: "M3 2h2v12H3zM14 2v12L6 8z",
  back: "M11 2v12L3 8z",
  play: "M4 2l10 6-10 6z",
  pause: "M4 2h3v12H4zM9 2h3v12H9z",
  forward: "M5 2v12l8-6z",
  end: "M11 2h2v12h-2zM2 2v12l8-6z",
};
const SVG = "http://www.w3.org/2000/svg";

export class Controls {
  constructor(host, clock) {
    this.clock = clock;
    host.classList.add("controls");
    this.#button(host, "start", "To the start", () => { clock.pause(); clock.seek(0); });
    this.#button(host, "back", "One step back", () => clock.step(-1));
    this.play = this.#button(host, "play", "Play", () => clock.toggle());
    this.#button(host, "forward", "One step forward", () => clock.step(1));
    this.#button(host, "end", "To the end", () => { clock.pause(); clock.seek(clock.steps); });
    this.slider = host.appendChild(document.createElement("input"));
    Object.assign(this.slider, {type: "range", min: 0, step: 1, ariaLabel: "Step"});
    this.slider.addEventListener("input", () => { clock.pause(); clock.seek(this.slider.valueAsNumber); });
    this.count = host.appendChild(document.createElement("output"));
    this.count.className = "count";
    this.count.ariaLive = "off";
    this.#speeds(host);
    clock.listen(() => this.#show());
    document.addEventListener("keydown", event => this.#key(event));
    this.#show();
  }

  #button(host, shape, label, act) {
    const button = host.appendChild(document.createElement("button"));
    Object.assign(button, {type: "button", title: label, ariaLabel: label});
    const icon = button.appendChild(document.createElementNS(SVG, "svg"));
    for (const [name, value] of [["viewBox", "0 0 16 16"], ["aria-hidden", "true"]]) icon.setAttribute(name, value);
    icon.appendChild(document.createElementNS(SVG, "path")).setAttribute("d", SHAPES[shape]);
    button.addEventListener("click", act);
    return button;
  }

  #speeds(host) {
    const label = host.appendChild(document.createElement("label"));
    label.append("speed ");
    const select = label.appendChild(document.createElement("select"));
    for (const speed of SPEEDS) select.add(new Option(`${speed}×`, speed, speed === 1, speed === this.clock.speed));
    select.addEventListener("change", () => { this.clock.speed = Number(select.value); });
  }

  #show() {
    const {now, steps, playing} = this.clock, label = playing ? "Pause" : "Play";
    this.slider.max = steps;
    this.slider.value = now;
    this.slider.ariaValueText = `step ${now} of ${steps}`;
    this.count.textContent = `${now.toLocaleString("en")} / ${steps.toLocaleString("en")}`;
    this.count.style.minWidth = `${2 * steps.toLocaleString("en").length + 3}ch`;
    if (this.play.ariaLabel === label) return;
    Object.assign(this.play, {title: label, ariaLabel: label});
    this.play.querySelector("path").setAttribute("d", SHAPES[playing ? "pause" : "play"]);
  }

  // A key that a field, a button or a picture uses itself is left to it.
  #key(event) {
    const {clock} = this, {target} = event;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const takes = target.closest?.("input,select,textarea,[contenteditable]");
    if (takes && takes !== this.slider) return;
    const acts = {
      ArrowLeft: () => clock.step(-1),
      ArrowRight: () => clock.step(1),
      Home: () => { clock.pause(); clock.seek(0); },
      End: () => { clock.pause(); clock.seek(clock.steps); },
    };
    const space = event.key === " " && !target.closest?.("button,summary,a") && (() => clock.toggle());
    const act = space || (target === this.slider ? null : acts[event.key]);
    if (!act) return;
    event.preventDefault();
    act();
  }
}
