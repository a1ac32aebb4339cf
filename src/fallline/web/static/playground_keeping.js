// What is taken along: a link, a page that plays by itself, a picture.
//
// keeping({address, page, picture}) -> element    address(): puts the state into the address; page(): a Promise of HTML;
//                                                 picture(): a Promise of a <canvas>

import {element, say} from "./shell.js";

export function keeping({address, page, picture}) {
  const button = (words, act) => element("button", {type: "button", onclick: act}, words);
  return element("div", {class: "row share"},
    button("Copy link", event => { address(); copy(event.target); }),
    button("Save as a page", async () => download(new Blob([await page()], {type: "text/html"}), "descent.html")),
    button("Save the picture", async () => (await picture()).toBlob(blob => download(blob, "descent.png"))));
}

async function copy(button) {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Link copied";
    setTimeout(() => { button.textContent = words; }, 2000);
  } catch {
    say("The browser does not let the page copy: the link is in the address bar.");
  }
}

function download(blob, name) {
  const link = element("a", {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
