//! Sign-in.

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;

use crate::{
    api,
    components::{Field, FormError, Load, Submit, problem},
    error::AppError,
};

/// The sign-in form; sends on whoever is signed in already, and to setup while there is no user.
#[component]
pub fn LoginPage() -> impl IntoView {
    let ready = Resource::new(|| (), |()| api::login_page());
    view! {
        <Title text="Sign in" />
        <main class="gate" id="main">
            <h1 class="brand">"AutoCode"</h1>
            <Load resource=ready let:_ready>
                <LoginForm />
            </Load>
        </main>
    }
    .into_any()
}

#[component]
fn LoginForm() -> impl IntoView {
    let login = ServerAction::<api::Login>::new();
    let problem = problem(login);
    // Once asked for, it stays: whatever is wrong next, the code is wanted again.
    let asked = Memo::new(move |before: Option<&bool>| {
        before.copied().unwrap_or(false)
            || problem.with(|error| matches!(error, Some(AppError::SecondFactorRequired(_))))
    });
    view! {
        <ActionForm action=login attr:class="stack panel" attr:aria-label="Sign in">
            <FormError problem fields=&["username", "password"] />
            <Field name="username" label="Username" problem autocomplete="username" required=true />
            <Field
                name="password"
                label="Password"
                kind="password"
                problem
                autocomplete="current-password"
                required=true
            />
            <Show when=move || asked.get()>
                <Field
                    name="code"
                    label="Code from your app"
                    problem
                    autocomplete="one-time-code"
                    inputmode="numeric"
                    required=true
                    hint="Or one of your recovery codes."
                />
            </Show>
            <Submit label="Sign in" pending=login.pending() />
        </ActionForm>
    }
    .into_any()
}
