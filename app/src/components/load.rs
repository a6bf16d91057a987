//! Waiting for data, and what is shown when it cannot be had.

use leptos::prelude::*;

use crate::error::AppError;

/// Shows a skeleton until the resource is there, then its value or what went wrong.
///
/// A reload keeps the old content until the new is there.
#[component]
pub fn Load<T, F, V>(
    /// What to wait for.
    resource: Resource<Result<T, AppError>>,
    /// Draws the value.
    children: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    F: Fn(T) -> V + Clone + Send + 'static,
    V: IntoView + 'static,
{
    view! {
        <Transition fallback=Skeleton>
            {move || {
                let children = children.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(value) => children(value).into_any(),
                        Err(error) => view! { <ErrorView error /> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}

/// Grey bars in place of content that is on its way.
#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" role="status" aria-label="Loading">
            <span></span>
            <span></span>
            <span></span>
        </div>
    }
    .into_any()
}

/// A refusal in place of content, with the way on.
#[component]
pub fn ErrorView(
    /// What went wrong.
    error: AppError,
) -> impl IntoView {
    let elsewhere = match error {
        AppError::Unauthorized => Some("/login"),
        AppError::SecondFactorSetupRequired => Some("/second-factor"),
        _ => None,
    };
    Effect::new(move |_| {
        if let Some(page) = elsewhere
            && let Err(error) = window().location().set_href(page)
        {
            leptos::logging::error!("cannot go to {page}: {error:?}");
        }
    });
    let (title, href, way_on) = match &error {
        AppError::Unauthorized => ("Sign in first", "/login", "Go to sign-in"),
        AppError::SecondFactorSetupRequired => {
            ("Set up a second factor first", "/second-factor", "Go to the set-up")
        }
        AppError::NotFound => ("Not found", "/", "Back to the dashboard"),
        AppError::Forbidden => ("Not allowed", "/", "Back to the dashboard"),
        _ => ("Something is in the way", "/", "Back to the dashboard"),
    };
    view! {
        <section class="empty" role="alert">
            <h1>{title}</h1>
            <p>{error.to_string()}</p>
            <p>
                <a class="button" href=href>
                    {way_on}
                </a>
            </p>
        </section>
    }
    .into_any()
}
