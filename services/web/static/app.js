// What does a page do beyond what its links and forms do? Nothing that is needed to read or use it.
import { initAll } from "./govuk.js";

initAll();

// A page with `data-live` is told when something changed (the stream itself carries no content) and
// fires `changed` on its body; parts with hx-trigger="changed from:body" then fetch themselves anew.
// The stream is open only while the tab is seen: a browser allows six connections to a server, and
// eleven open tabs would leave none for reading.
const address = document.body.dataset.live;

if (address) {
  let stream;
  const changed = () => document.body.dispatchEvent(new Event("changed"));
  const follow = () => {
    stream?.close();
    if (document.visibilityState === "visible") {
      stream = new EventSource(address);
      stream.addEventListener("changed", changed);
    }
  };
  document.addEventListener("visibilitychange", () => {
    follow();
    if (document.visibilityState === "visible") changed();
  });
  addEventListener("pagehide", () => stream?.close());
  follow();
}
