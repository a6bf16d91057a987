//! The pages, as the app's router lists them.

use reqwest::{Method, header};

use super::{MARK, Thing, World};
use crate::common::Client;

/// Pages for people who are not signed in.
const PUBLIC: [&str; 4] = ["/login", "/setup", "/invite", "/reset"];

/// Status and what stands in the page's main part, whose head and foot differ from answer to answer.
async fn page(client: &Client, path: &str) -> (u16, String) {
    let mut request = client.http.request(Method::GET, format!("{}{path}", client.base));
    request = request.header(header::ACCEPT, "text/html");
    if let Some(token) = &client.token {
        request = request.header(header::COOKIE, format!("autocode_access={token}"));
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert!(client.token.is_none() || !text.contains(MARK), "{path} shows what is another's");
    let main = text.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>"));
    (status, main.map_or(String::new(), |(main, _)| main.to_owned()))
}

#[tokio::test]
async fn matrix_of_pages() {
    let world = World::begin().await;
    let nobody = world.server.anonymous();
    let routes = leptos_axum::generate_route_list(app::App);
    let mut paths: Vec<_> = routes.iter().map(|route| route.path().to_owned()).collect();
    paths.sort();
    paths.dedup();
    assert!(paths.len() > 9, "the router lists only {paths:?}");
    for path in paths {
        let thing = match path.split('/').nth(1).unwrap() {
            _ if !path.contains([':', '{']) => None,
            "agents" => Some(Thing::Agent),
            "projects" => Some(Thing::Project),
            _ => panic!("say in the matrix what the id in the page {path} stands for"),
        };
        let with = |id: &str| {
            let parts = path.split('/').map(|part| match part.trim_matches(['{', '}', ':', '?']) {
                "id" => id,
                "tab" => "logs",
                _ => part,
            });
            parts.collect::<Vec<_>>().join("/")
        };
        let (status, _) = page(&nobody, &with("1")).await;
        if PUBLIC.contains(&path.as_str()) {
            println!("{path}: public, {status}");
            continue;
        }
        assert_eq!(status, 302, "{path} by nobody");
        let found = match thing {
            None => {
                let (status, main) = page(&world.eve, &path).await;
                // The page of an admin says whose it is, and nothing else.
                let refused = main.contains("Only an admin may do this.");
                let wanted = if path == "/admin" { (403, true) } else { (200, false) };
                assert_eq!((status, refused), wanted, "{path} by an ordinary user: {main}");
                assert!(
                    !refused || !main.contains("<form"),
                    "{path} offers an ordinary user something: {main}"
                );
                let what = if refused { "only a refusal" } else { "nothing of the owner's" };
                format!("ordinary user {status}, {what}")
            }
            Some(thing) => {
                let id = world.id(thing);
                let foreign = page(&world.eve, &with(&id)).await;
                assert_eq!(foreign.0, 404, "{path} of another user: {}", foreign.1);
                let never = page(&world.eve, &with(world.never(thing))).await;
                assert_eq!(foreign, never, "{path} of another user and of nobody");
                "another user 404, as what never was".to_owned()
            }
        };
        println!("{path}: nobody 302; {found}");
    }
}
