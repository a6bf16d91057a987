// The page that stands in for one that could not be loaded: shows that one as soon as the server answers again.
const LONGEST = 15_000;
const why = document.getElementById("why");
let wait = 1_000;
let timer;

async function look() {
	clearTimeout(timer);
	why.textContent = navigator.onLine ? "The server does not answer. Trying again…" : "This device has no connection.";
	const answers = await fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok, () => false);
	if (answers) return location.reload();
	timer = setTimeout(look, wait);
	wait = Math.min(wait * 2, LONGEST);
}

addEventListener("online", look);
document.getElementById("again").addEventListener("click", look);
look();
