// Stands in for xterm.js and its addons, whose bindings import them before a page is drawn: the names are there at once,
// what they stand for is loaded with the first terminal. To add an addon: its module name in the import map, its class here.
export let Terminal, SearchAddon, WebLinksAddon;

let loading;

/** Loads xterm.js, its addons and its style sheet; once, unless it failed. */
export function load() {
	loading ??= fetchAll().catch((error) => {
		loading = undefined;
		throw error;
	});
	return loading;
}

async function fetchAll() {
	const [xterm, search, links] = await Promise.all([
		import("./vendor/xterm.mjs"),
		import("./vendor/addon-search.mjs"),
		import("./vendor/addon-web-links.mjs"),
		styleSheet(new URL("./vendor/xterm.css", import.meta.url)),
	]);
	giveStylesTheNonce();
	Terminal = xterm.Terminal;
	SearchAddon = search.SearchAddon;
	WebLinksAddon = links.WebLinksAddon;
}

function styleSheet(url) {
	return new Promise((done, fail) => {
		const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: url, onload: done });
		link.onerror = () => {
			link.remove();
			fail(new Error(`${url} cannot be loaded`));
		};
		document.head.append(link);
	});
}

// xterm.js makes style elements, which the content security policy refuses unless they carry the page's nonce.
function giveStylesTheNonce() {
	const nonce = document.querySelector("script[nonce]")?.nonce ?? "";
	const create = document.createElement.bind(document);
	document.createElement = (name, options) => {
		const element = create(name, options);
		if (element instanceof HTMLStyleElement) element.nonce = nonce;
		return element;
	};
}
