//! Pages and pieces whose code the browser loads when they are first shown, so that the first page is light.
//!
//! `build.rs` sets `split` when the WASM is built to be split; otherwise everything is in one file and nothing waits.

use std::{future::Future, pin::Pin};

use leptos::prelude::*;
use leptos_router::ChooseView;
use wasm_split_helpers::SplitLoaderError;

/// What a part gives as soon as its code is there.
pub type Loading<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// A page in a part of its own; several pages may share one.
#[derive(Clone, Copy)]
pub struct Part {
    /// The page's name, by which the browser finds the code of what the server has drawn.
    pub page: &'static str,
    /// The part's name, for the server, which tells the browser early what it will need.
    #[cfg_attr(not(feature = "ssr"), expect(dead_code, reason = "only the server announces parts"))]
    pub name: &'static str,
    /// Loads the code.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser loads"))]
    pub prepare: fn() -> Loading<()>,
    /// Loads the code and makes the view.
    pub load: fn() -> Loading<AnyView>,
}

/// Makes the [`Part`] `$name` of a page without properties; what it uses and the first page does not goes with it.
macro_rules! part {
    ($name:ident, $part:ident, $page:path) => {
        /// A page that is loaded late.
        pub const fn $name() -> $crate::part::Part {
            #[cfg_attr(split, wasm_split_helpers::wasm_split($part, fallible, preload(prepare)))]
            fn $name() -> Result<AnyView, wasm_split_helpers::SplitLoaderError> {
                Ok($page().into_any())
            }
            $crate::part::Part {
                page: stringify!($name),
                name: stringify!($part),
                prepare: || {
                    Box::pin(async {
                        #[cfg(split)]
                        prepare().await?;
                        Ok(())
                    })
                },
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

/// Makes the loader `$name` of a piece of the frame that is drawn by `$draw` from a `$with` when it is first wanted.
macro_rules! late {
    ($name:ident, $part:ident, $with:ty, $draw:expr) => {
        /// Loads what draws it.
        pub fn $name() -> $crate::part::Loading<$crate::part::Drawing<$with>> {
            #[cfg_attr(split, wasm_split_helpers::wasm_split($part, fallible))]
            fn $name() -> Result<fn($with) -> leptos::prelude::AnyView, wasm_split_helpers::SplitLoaderError>
            {
                Ok($draw)
            }
            Box::pin(async {
                #[cfg(split)]
                let draw = $name().await;
                #[cfg(not(split))]
                let draw = $name();
                draw
            })
        }
    };
}

pub(crate) use late;

/// Draws a piece from what it needs.
pub type Drawing<A> = fn(A) -> AnyView;

/// Where a piece comes that is loaded when it is first wanted; nothing before, and nothing on the server.
#[component]
pub fn Late<A: Copy + Send + Sync + 'static>(
    /// How often it was wanted: each time it is tried again if it did not come.
    wanted: Signal<usize>,
    /// Loads what draws it.
    load: fn() -> Loading<Drawing<A>>,
    /// What it is drawn with.
    with: A,
    /// Told whether it could not be loaded.
    failed: RwSignal<bool>,
) -> impl IntoView {
    let draw = RwSignal::new(None::<Drawing<A>>);
    #[cfg(feature = "hydrate")]
    browser::fetch(wanted, load, draw, failed);
    #[cfg(not(feature = "hydrate"))]
    let _ = (wanted, load, failed);
    (move || draw.get().map(|draw| draw(with))).into_any()
}

impl ChooseView for Part {
    async fn choose(self) -> AnyView {
        #[cfg(feature = "ssr")]
        server::announce(self);
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

#[cfg(feature = "hydrate")]
pub use browser::prepare;

#[cfg(feature = "ssr")]
mod server {
    //! Tells the browser in the head of the page what its first view needs; rendering puts it there and returns nothing.

    use leptos::prelude::*;
    use leptos_meta::{Html, Link};

    use super::Part;
    use crate::Assets;

    pub fn announce(part: Part) {
        drop(view! { <Html {..} data-page=part.page /> }.to_html());
        let Some(assets) = use_context::<Assets>() else { return };
        for href in assets.part(part.name) {
            let link = view! {
                <Link rel="preload" as_="fetch" type_="application/wasm" crossorigin="anonymous" href />
            };
            drop(link.to_html());
        }
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    //! Loads, and tries again as long as that makes sense.

    use gloo_timers::future::TimeoutFuture;
    use leptos::{prelude::*, task::spawn_local};

    use super::{Drawing, Loading, Part};
    use crate::pages;

    /// Milliseconds before the next attempt.
    const PAUSE: u32 = 1_000;
    /// Attempts while somebody waits for a page that they went to.
    const PATIENCE: u32 = 2;

    /// What the code gives; none if it does not come.
    pub async fn load<T>(load: fn() -> Loading<T>) -> Option<T> {
        for _ in 1..PATIENCE {
            if let Ok(view) = load().await {
                return Some(view);
            }
            TimeoutFuture::new(PAUSE).await;
        }
        load().await.ok()
    }

    /// Loads a piece each time it is wanted and not there.
    pub fn fetch<A: 'static>(
        wanted: Signal<usize>,
        load: fn() -> Loading<Drawing<A>>,
        draw: RwSignal<Option<Drawing<A>>>,
        failed: RwSignal<bool>,
    ) {
        Effect::new(move |_| {
            if wanted.get() == 0 || draw.read_untracked().is_some() {
                return;
            }
            spawn_local(async move {
                let loaded = self::load(load).await;
                failed.try_set(loaded.is_none());
                // Somebody impatient asked twice: what is there stays.
                draw.try_maybe_update(|draw| (draw.is_none(), *draw = draw.or(loaded)));
            });
        });
    }

    /// Waits for the code of what the server has drawn, however long that takes: its HTML works without scripts.
    pub async fn prepare() {
        let page = document().document_element().and_then(|html| html.get_attribute("data-page"));
        let drawn = pages::PARTS.into_iter().find(|part| Some(part.page) == page.as_deref());
        let Some(Part { prepare, .. }) = drawn else { return };
        while prepare().await.is_err() {
            TimeoutFuture::new(PAUSE).await;
        }
    }
}
