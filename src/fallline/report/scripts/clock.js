// The one time that all views of a scene share: the step that is shown.
//
// class Clock {
//   constructor({steps, onstep})   steps: the last one; onstep(step): called whenever the step has changed
//   play() pause() toggle()        play at the end begins again from 0; it pauses by itself at the end
//   seek(step) step(by)            both are clamped to 0…steps
//   listen(callback)               callback(clock) after every change: of step, of playing, of speed, of steps
//   now, playing                   to read
//   speed, steps                   to read and to set; at speed 1 a scene takes about LENGTH seconds
// }

const LENGTH = 12, SLOWEST = 4, FASTEST = 250;  // seconds; steps a second at speed 1

export class Clock {
  #listeners = [];
  #speed = 1;
  #steps;
  #frame = 0;
  #last = 0;
  #due = 0;

  constructor({steps, onstep}) {
    this.#steps = steps;
    this.onstep = onstep;
    this.now = 0;
  }

  get playing() { return this.#frame !== 0; }
  get speed() { return this.#speed; }
  set speed(speed) { this.#speed = speed; this.#changed(); }
  get steps() { return this.#steps; }
  set steps(steps) { this.#steps = steps; this.seek(this.now); this.#changed(); }

  listen(callback) { this.#listeners.push(callback); }

  play() {
    if (this.playing) return;
    if (this.now >= this.steps) this.seek(0);
    this.#last = performance.now();
    this.#due = 0;
    this.#frame = requestAnimationFrame(time => this.#tick(time));
    this.#changed();
  }

  pause() {
    if (!this.playing) return;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#changed();
  }

  toggle() { if (this.playing) this.pause(); else this.play(); }

  step(by) { this.pause(); this.seek(this.now + by); }

  seek(step) {
    const next = Math.min(Math.max(Math.round(step), 0), this.steps);
    if (next === this.now) return;
    this.now = next;
    this.onstep(next);
    this.#changed();
  }

  #tick(time) {
    const pace = this.speed * Math.min(Math.max(this.steps / LENGTH, SLOWEST), FASTEST);
    this.#due += pace * Math.min(Math.max(time - this.#last, 0), 100) / 1000;  // a tab that slept does not leap
    this.#last = time;
    const whole = Math.floor(this.#due);
    this.#due -= whole;
    this.#frame = requestAnimationFrame(next => this.#tick(next));
    if (whole) this.seek(this.now + whole);
    if (this.now >= this.steps) this.pause();
  }

  #changed() { for (const callback of this.#listeners) callback(this); }
}
