//! The site around the made-up backend, and a browser without scripts to visit it.

use std::sync::Arc;

use app::{App, backend::SharedBackend, shell};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
    routing::post,
};
use leptos::prelude::{LeptosOptions, provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use tower::ServiceExt;

use crate::fake::{COOKIE, Fake};

/// The site as the server mounts it.
pub fn site(fresh: bool) -> Router {
    let backend: SharedBackend = Arc::new(Fake { fresh });
    let context = move || provide_context(backend.clone());
    let options = LeptosOptions::builder().output_name("autocode").build();
    let functions = {
        let context = context.clone();
        post(move |request: Request<Body>| handle_server_fns_with_context(context.clone(), request))
    };
    Router::new()
        .route("/fn/{*name}", functions)
        .leptos_routes_with_context(&options, generate_route_list(App), context, {
            let options = options.clone();
            move || shell(options.clone())
        })
        .with_state(options)
}

/// Sends one request.
pub async fn send(site: Router, request: Request<Body>) -> Response {
    site.oneshot(request).await.unwrap()
}

/// The whole body.
pub async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 4_000_000).await.unwrap().to_vec()).unwrap()
}

/// A visit to a page.
pub fn get(path: &str, cookie: &str) -> Request<Body> {
    Request::get(path)
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, cookie)
        .body(Body::empty())
        .unwrap()
}

/// A page of a signed-in person: its status and HTML.
pub async fn page(path: &str) -> (StatusCode, String) {
    let response = send(site(false), get(path, COOKIE)).await;
    (response.status(), text(response).await)
}

/// Posts a form from a page, as a browser without scripts does: status and `Location`.
pub async fn submit(name: &str, from: &str, body: &str) -> (StatusCode, String) {
    let response = post_form(name, from, body).await;
    let location = response.headers().get(header::LOCATION).unwrap().to_str().unwrap().to_owned();
    (response.status(), location)
}

/// The cookies that such a post sets.
pub async fn cookies_of_post(name: &str, from: &str, body: &str) -> Vec<String> {
    let response = post_form(name, from, body).await;
    let cookies = response.headers().get_all(header::SET_COOKIE).iter();
    cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect()
}

async fn post_form(name: &str, from: &str, body: &str) -> Response {
    let request = Request::post(format!("/fn/{name}"))
        .header(header::ACCEPT, "text/html,*/*")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::REFERER, format!("http://localhost{from}"))
        .header(header::COOKIE, COOKIE)
        .body(Body::from(body.to_owned()))
        .unwrap();
    send(site(false), request).await
}

/// Asserts that the page has all of these pieces of HTML.
pub fn assert_has(html: &str, pieces: &[&str]) {
    for piece in pieces {
        assert!(html.contains(piece), "{piece} is missing in\n{html}");
    }
}
