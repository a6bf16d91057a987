//! The root component: which path shows which page.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{components::Layout, pages};

/// The whole application, rendered on the server and hydrated in the browser.
///
/// Pages are rendered to the end before they are sent, so that status, redirects and content are right without scripts.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=title />
        <Router>
            <Routes fallback=pages::NotFoundPage>
                <Route path=path!("/login") view=pages::login() ssr=SsrMode::Async />
                <Route path=path!("/setup") view=pages::setup() ssr=SsrMode::Async />
                <Route path=path!("/invite") view=pages::invite() ssr=SsrMode::Async />
                <Route path=path!("/reset") view=pages::reset() ssr=SsrMode::Async />
                <Route path=path!("/second-factor") view=pages::second_factor() ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=Layout ssr=SsrMode::Async>
                    <Route path=path!("") view=pages::DashboardPage ssr=SsrMode::Async />
                    <Route path=path!("agents/new") view=pages::new_agent() ssr=SsrMode::Async />
                    <Route path=path!("agents/:id") view=pages::agent() ssr=SsrMode::Async />
                    <Route path=path!("agents/:id/edit") view=pages::edit_agent() ssr=SsrMode::Async />
                    <Route path=path!("projects/:id/:tab?") view=pages::project() ssr=SsrMode::Async />
                    <Route path=path!("admin") view=pages::admin() ssr=SsrMode::Async />
                    <Route path=path!("settings") view=pages::settings() ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// The window's title on a page with this one.
///
/// Pages are named by people, and the server-side renderer of titles writes them into the document as they are.
fn title(page: String) -> String {
    let page = if cfg!(feature = "ssr") { page.replace('&', "&amp;").replace('<', "&lt;") } else { page };
    if page.is_empty() { "AutoCode".to_owned() } else { format!("{page} \u{b7} AutoCode") }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::title;

    #[test]
    fn a_title_cannot_end_its_element() {
        assert_eq!(title("</title><script>&".to_owned()), "&lt;/title>&lt;script>&amp; \u{b7} AutoCode");
        assert_eq!(title(String::new()), "AutoCode");
    }
}
