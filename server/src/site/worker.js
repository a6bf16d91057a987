// The service worker: keeps the files of one build, and a page that says so when the server cannot be reached.
// Pages are somebody's own and always come from the server; none is ever kept.
const CACHE = `autocode-${BUILD.version}`;
const [OFFLINE] = BUILD.offline;
// A proxy in front says these while the server behind it is away.
const AWAY = [502, 503, 504];

async function fill() {
	const cache = await caches.open(CACHE);
	await cache.addAll([...BUILD.offline, ...BUILD.files]);
}

// A sign-out removes all of it by itself: the server says so to the browser.
async function begin() {
	const others = (await caches.keys()).filter((name) => name !== CACHE);
	await Promise.all(others.map((name) => caches.delete(name)));
	await registration.navigationPreload?.enable();
	await clients.claim();
}

async function page(event) {
	try {
		const answer = (await event.preloadResponse) ?? (await fetch(event.request));
		if (!AWAY.includes(answer.status)) return answer;
	} catch {
		// No network, or nobody there: the page below says so.
	}
	return (await caches.match(OFFLINE)) ?? Response.error();
}

// Their address names their content: what is kept is never stale.
async function file(request) {
	const cache = await caches.open(CACHE);
	const kept = await cache.match(request);
	if (kept) return kept;
	const answer = await fetch(request);
	if (answer.ok) await cache.put(request, answer.clone());
	return answer;
}

async function orKept(request) {
	try {
		return await fetch(request);
	} catch (error) {
		const kept = await caches.match(request);
		if (kept) return kept;
		throw error;
	}
}

addEventListener("install", (event) => event.waitUntil(fill().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(begin()));
addEventListener("fetch", (event) => {
	const { request } = event;
	const url = new URL(request.url);
	if (url.origin !== location.origin || request.method !== "GET") return;
	if (request.mode === "navigate") {
		event.respondWith(page(event));
	} else if (url.pathname.startsWith(BUILD.folder)) {
		event.respondWith(file(request));
	} else if (BUILD.offline.includes(url.pathname)) {
		event.respondWith(orKept(request));
	}
});
