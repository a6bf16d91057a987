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
	if (worker && "serviceWorker" in navigator) {
		addEventListener("load", () => navigator.serviceWorker.register(worker));
	}
	const app = await import(module);
	await app.default({ module_or_path: wasm });
	app.hydrate();
}
