//! First run: the first account, which is an admin.

use leptos::{either::Either, form::ActionForm, prelude::*};
use leptos_meta::Title;

use super::link::Token;
use crate::{
    api,
    components::{Field, FormError, Load, Submit, problem},
};

/// Creates the first admin with the one-time token from the server's start message.
#[component]
pub fn SetupPage() -> impl IntoView {
    let needed = Resource::new(|| (), |()| api::setup_page());
    view! {
        <Title text="Set up" />
        <main class="gate" id="main">
            <h1 class="brand">"AutoCode"</h1>
            <Load resource=needed let:needed>
                {if needed {
                    Either::Left(view! { <SetupForm /> })
                } else {
                    Either::Right(
                        view! {
                            <div class="panel">
                                <p>"AutoCode is set up already."</p>
                                <p>
                                    <a class="button" href="/login">
                                        "Go to sign-in"
                                    </a>
                                </p>
                            </div>
                        },
                    )
                }}
            </Load>
        </main>
    }
    .into_any()
}

#[component]
fn SetupForm() -> impl IntoView {
    let setup = ServerAction::<api::Setup>::new();
    let problem = problem(setup);
    view! {
        <ActionForm action=setup attr:class="stack panel" attr:aria-label="Create the first admin">
            <p>"Welcome. Create the first account; it may also manage other users."</p>
            <p class="muted">
                "The server printed a link when it started; it carries the one-time token that proves that this server is yours. Without that link: restart the server, it prints a new one."
            </p>
            <FormError problem fields=&["token", "username", "password"] />
            <Token problem />
            <Field
                name="username"
                label="Username"
                problem
                autocomplete="username"
                required=true
                hint="Lower-case letters, digits and hyphens; a letter first."
            />
            <Field
                name="password"
                label="Password"
                kind="password"
                problem
                autocomplete="new-password"
                required=true
                hint="At least 8 characters."
            />
            <Submit label="Create account" pending=setup.pending() />
        </ActionForm>
    }
    .into_any()
}
