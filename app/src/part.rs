//! Pages whose code the browser loads when they are first shown, so that the first page is light.
//!
//! `build.rs` sets `split` when the WASM is built to be split; otherwise everything is in one file and nothing waits.

use std::{future::Future, pin::Pin};

use leptos::prelude::*;
use leptos_router::ChooseView;
use wasm_split_helpers::SplitLoaderError;

/// The view of a part, as soon as its code is there.
pub type Loading = Pin<Box<dyn Future<Output = Result<AnyView, SplitLoaderError>>>>;

/// A page in a part of its own; several pages may share one.
#[derive(Clone, Copy)]
pub struct Part {
    /// The part's name, for the server, which tells the browser early what it will need.
    #[cfg_attr(not(feature = "ssr"), expect(dead_code, reason = "only the server announces parts"))]
    pub name: &'static str,
    /// Loads the code and makes the view.
    pub load: fn() -> Loading,
}

/// Makes the [`Part`] `$name` of a page without properties; what it uses and the first page does not goes with it.
macro_rules! part {
    ($name:ident, $part:ident, $page:path) => {
        /// A page that is loaded late.
        pub const fn $name() -> $crate::part::Part {
            #[cfg_attr(split, wasm_split_helpers::wasm_split($part, fallible))]
            fn $name() -> Result<AnyView, wasm_split_helpers::SplitLoaderError> {
                Ok($page().into_any())
            }
            $crate::part::Part {
                name: stringify!($part),
                load: || {
                    Box::pin(async {
                        #[cfg(split)]
                        let view = $name().await;
                        #[cfg(not(split))]
                        let view = $name();
                        view
                    })
                },
            }
        }
    };
}

pub(crate) use part;

impl ChooseView for Part {
    async fn choose(self) -> AnyView {
        #[cfg(feature = "ssr")]
        server::announce(self.name);
        #[cfg(feature = "hydrate")]
        let view = browser::load(self.load).await;
        #[cfg(not(feature = "hydrate"))]
        let view = (self.load)().await.ok();
        match view {
            Some(view) => view,
            None => view! { <NotLoaded /> }.into_any(),
        }
    }

    async fn preload(&self) {}
}

/// What stands where a part should be whose code did not come.
#[component]
fn NotLoaded() -> impl IntoView {
    let reload = move |_| {
        if let Err(error) = window().location().reload() {
            leptos::logging::error!("the page cannot be reloaded: {error:?}");
        }
    };
    view! {
        <section class="empty" role="alert">
            <h1>"This page could not be loaded"</h1>
            <p>"The connection was lost, or there is a new version of AutoCode on the server."</p>
            <p>
                <button type="button" class="button" on:click=reload>
                    "Try again"
                </button>
            </p>
        </section>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
mod server {
    //! Tells the browser in the head of the page what its first view needs.

    use leptos::prelude::*;
    use leptos_meta::Link;

    use crate::Assets;

    pub fn announce(part: &str) {
        let Some(assets) = use_context::<Assets>() else { return };
        for href in assets.part(part) {
            let link = view! {
                <Link rel="preload" as_="fetch" type_="application/wasm" crossorigin="anonymous" href />
            };
            // Rendering puts it into the head and returns nothing.
            drop(link.to_html());
        }
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    //! Loads, and tries again as long as that makes sense.

    use gloo_timers::future::TimeoutFuture;
    use leptos::prelude::*;

    use super::Loading;

    /// Milliseconds before the next attempt.
    const PAUSE: u32 = 1_000;
    /// Attempts while somebody waits for a page that they went to.
    const PATIENCE: u32 = 2;

    /// The view; none if its code does not come.
    pub async fn load(load: fn() -> Loading) -> Option<AnyView> {
        // The server's HTML is there already and works without scripts: it is left alone until it can be brought to life.
        let drawn = Owner::current_shared_context().is_some_and(|shared| shared.get_is_hydrating());
        let mut attempts = 0;
        loop {
            attempts += 1;
            match load().await {
                Ok(view) => return Some(view),
                Err(_) if drawn || attempts < PATIENCE => TimeoutFuture::new(PAUSE).await,
                Err(_) => return None,
            }
        }
    }
}
