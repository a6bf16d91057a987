//! First run: the first account, which is an admin.

use leptos::{either::EitherOf3, form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api,
    components::{Field, FormError, Load, Submit, problem},
};

/// Creates the first admin with the one-time token from the server's start message.
#[component]
pub fn SetupPage() -> impl IntoView {
    let needed = Resource::new(|| (), |()| api::setup_page());
    let query = use_query_map();
    let token = Memo::new(move |_| query.with(|query| query.get("token").unwrap_or_default()));
    view! {
        <Title text="Set up" />
        <main class="gate" id="main">
            <h1 class="brand">"AutoCode"</h1>
            <Load resource=needed let:needed>
                {if !needed {
                    EitherOf3::A(
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
                } else if token.with(String::is_empty) {
                    EitherOf3::B(
                        view! {
                            <div class="panel">
                                <p>
                                    "There is no user yet. Open the link that the server printed when it started; it carries the one-time token that lets you create the first admin."
                                </p>
                                <p class="muted">"Without that link: restart the server, it prints a new one."</p>
                            </div>
                        },
                    )
                } else {
                    EitherOf3::C(view! { <SetupForm token=token.get() /> })
                }}
            </Load>
        </main>
    }
    .into_any()
}

#[component]
fn SetupForm(token: String) -> impl IntoView {
    let setup = ServerAction::<api::Setup>::new();
    let problem = problem(setup);
    view! {
        <ActionForm action=setup attr:class="stack panel" attr:aria-label="Create the first admin">
            <p>"Welcome. Create the first account; it may also manage other users."</p>
            <FormError problem fields=&["username", "password"] />
            <input type="hidden" name="token" value=token />
            <Field
                name="username"
                label="Username"
                problem
                autocomplete="username"
                required=true
                hint="Lower-case letters, digits and single hyphens."
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
