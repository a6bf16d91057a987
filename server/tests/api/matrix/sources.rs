//! Routes that are registered by hand: the matrix has to know each.

use std::{fs, path::Path};

use super::sockets::SOCKETS;

/// Routes beside documented calls, pages, server functions and sockets, and why each needs no row of its own.
const KNOWN: [(&str, &str); 9] = [
    ("/openapi.json", "the document itself, the same for everybody"),
    ("/docs", "the document as a page"),
    ("/docs.css", "its looks"),
    ("/api/{*rest}", "says that there is no such call"),
    ("/healthz", "says that the process is there"),
    ("/readyz", "says whether it can serve"),
    ("/metrics", "numbers for admins and programs on this machine; its tests are in `operations`"),
    ("/assets/{*other}", "says that there is no such file"),
    ("/sw.js", "the service worker, the same for everybody"),
];

/// The gateway has callers of its own, by instance token; its tests are in `gateway`.
const GATEWAY: &str = "gateway/";

/// Path and text of the sources below a folder.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push((path.to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The paths in `.route("…"` and its like.
fn registered(text: &str) -> Vec<String> {
    let calls = [".route(", ".route_service(", ".nest(", ".nest_service("];
    let after = calls.iter().flat_map(|call| text.split(call).skip(1));
    after
        .filter_map(|rest| Some(rest.trim_start().strip_prefix('"')?.split_once('"')?.0.to_owned()))
        .collect()
}

#[test]
fn matrix_knows_every_route_that_is_registered_by_hand() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut known: Vec<_> = KNOWN.iter().map(|(path, _)| *path).chain(SOCKETS).collect();
    known.push("/gateway");
    // What tests register is no route of the server.
    let own = files.iter().filter(|(name, _)| !name.contains(GATEWAY));
    let routes = own.flat_map(|(_, text)| registered(text.split("#[cfg(test)]").next().unwrap()));
    let routes: Vec<_> = routes.collect();
    let unknown: Vec<_> = routes.iter().filter(|route| !known.contains(&route.as_str())).collect();
    assert!(unknown.is_empty(), "say in the matrix who may use {unknown:?}");
    for (path, why) in KNOWN {
        assert!(routes.iter().any(|route| route == path), "{path} is no longer there");
        println!("{path}: public: {why}");
    }
}

/// The matrix sends what the document says, so a body or a query that the document leaves out would not be tried.
#[test]
fn what_a_call_takes_is_in_its_annotation() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rest"), &mut files);
    let mut calls = 0;
    for (name, text) in files {
        for rest in text.split("#[utoipa::path(").skip(1) {
            let (annotation, handler) = rest.split_once(")]\n").unwrap();
            let arguments = handler.split(") -> ").next().unwrap();
            let told = |argument, word| !arguments.contains(argument) || annotation.contains(word);
            assert!(told("Json(", "request_body"), "{name}: a body is not documented: {arguments}");
            assert!(told("Query(", "params("), "{name}: a query is not documented: {arguments}");
            assert!(told("PageRequest", "params("), "{name}: parts are not documented: {arguments}");
            calls += 1;
        }
    }
    assert!(calls > 50, "only {calls} calls were seen");
}

#[test]
fn matrix_sees_routes() {
    let text = "Router::new().route(\n    \"/a\", get(x)).nest(\"/b\", y).route(document::BASE, z)";
    assert_eq!(registered(text), ["/a", "/b"]);
}
