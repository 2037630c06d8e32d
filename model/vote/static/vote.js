// Shows one ballot after another and sends the choices; who painted which side only the server knows.

const KEYS = { ArrowLeft: "left", ArrowRight: "right", " ": "tie" };
const part = (id) => document.getElementById(id);
let state = null;
let sending = false;

async function ask(path, body) {
  const answer = await fetch(path, body && {
    method: "POST", headers: { "content-type": "application/json", "x-lcpipe": "studio" }, body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

function show(next) {
  state = next;
  const done = state.count - state.left.length;
  part("progress").max = state.count;
  part("progress").value = done;
  part("error").hidden = true;
  const more = state.left.length > 0;
  for (const id of ["ballot", "ties"]) part(id).hidden = !more;
  part("end").hidden = more;
  if (!more) return showResult(state.result);
  const number = state.left[0];
  part("about").textContent = `${done + 1} of ${state.count} · ${state.titles[number]} hints`;
  for (const side of ["left", "right"]) part(side).src = `/api/ballots/${number}/${side}.png`;
}

function showResult(found) {
  part("about").textContent = `${state.count} drawings`;
  const share = Math.round(found.preferred * 100);
  const sure = found.low > 0 ? "B is better." : found.high < 0 ? "A is better." : "Nobody can be sure who is better.";
  part("result").textContent = `${found.a} for A, ${found.b} for B, ${found.ties} without a difference. ` +
    `B is preferred with ${share} % (Bradley–Terry). ${sure}`;
}

async function choose(choice) {
  if (!state || sending || state.left.length === 0) return;
  sending = true;
  try {
    show(await ask("/api/votes", { number: state.left[0], choice }));
  } catch (error) {
    fail(error);
  } finally {
    sending = false;
  }
}

function fail(error) {
  part("error").textContent = `The vote was not taken: ${error.message}. Is the command still running?`;
  part("error").hidden = false;
}

for (const button of document.querySelectorAll("[data-choice]")) {
  button.addEventListener("click", () => choose(button.dataset.choice));
}
document.addEventListener("keydown", (event) => {
  if (!(event.key in KEYS) || event.repeat) return;
  event.preventDefault();
  choose(KEYS[event.key]);
});
ask("/api/state").then(show, fail);
