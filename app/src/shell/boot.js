// Starts a page. Inline and small, because the browser's offer to install may come before anything else has loaded.
async function boot(module, wasm, worker) {
	const root = document.documentElement;
	let offer = null;
	addEventListener("beforeinstallprompt", (event) => {
		event.preventDefault();
		offer = event;
		root.dataset.installable = "";
	});
	addEventListener("appinstalled", () => {
		offer = null;
		delete root.dataset.installable;
	});
	addEventListener("click", async (event) => {
		if (!offer || !event.target.closest?.("[data-install]")) return;
		// An offer can be used once; the browser makes another one when it wants to.
		const used = offer;
		offer = null;
		delete root.dataset.installable;
		await used.prompt();
	});
	// What the server has drawn comes first, then the program; a page in the background is never drawn.
	await new Promise((done) => {
		requestAnimationFrame(() => setTimeout(done));
		setTimeout(done, 300);
	});
	try {
		const app = await import(module);
		await app.default({ module_or_path: wasm });
		// A task of its own, so that a tap meanwhile is not kept waiting by both.
		await new Promise((done) => setTimeout(done));
		app.hydrate();
	} finally {
		// Last, because it loads every file.
		if (worker && "serviceWorker" in navigator) navigator.serviceWorker.register(worker);
	}
}
