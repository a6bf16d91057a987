//! Users, for admins.

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;

use crate::{
    api,
    components::{Field, FormError, Load, Moment, Submit, problem, successes},
    model::{Role, UserSummary},
};

/// Lists, creates and deletes users.
#[component]
pub fn AdminPage() -> impl IntoView {
    let create = ServerAction::<api::CreateUser>::new();
    let delete = ServerAction::<api::DeleteUser>::new();
    let (created, deleted) = (successes(create), successes(delete));
    let users = Resource::new(move || (created.get(), deleted.get()), |_| api::load_users());
    view! {
        <Title text="Admin" />
        <h1>"Users"</h1>
        <FormError problem=problem(delete) />
        <Load resource=users let:users>
            <ul class="user-list" data-testid="users">
                {users.into_iter().map(|row| view! { <UserRow row delete /> }).collect_view()}
            </ul>
            <CreateUser create />
        </Load>
    }
    .into_any()
}

#[component]
fn UserRow(row: UserSummary, delete: ServerAction<api::DeleteUser>) -> impl IntoView {
    let UserSummary { user, agents, running_instances } = row;
    let name = user.username.to_string();
    let role = match user.role {
        Role::Admin => "Admin",
        Role::User => "User",
    };
    let counts = format!("{agents} agents \u{b7} {running_instances} running");
    view! {
        <li class="panel" data-testid=format!("user-{name}")>
            <p class="user-head">
                <strong>{name.clone()}</strong>
                <span class="muted">{role}</span>
                <span class="muted">{counts}</span>
                <span class="muted">"since " <Moment at=user.created_at /></span>
            </p>
            <details>
                <summary>{format!("Delete {name}")}</summary>
                <ActionForm action=delete attr:class="stack" attr:aria-label=format!("Delete {name}")>
                    <p>
                        "Ends the user's sessions and agents and removes all of their projects and files. There is no way back."
                    </p>
                    <input type="hidden" name="id" value=user.id.to_string() />
                    <Field
                        name="confirmation"
                        id=format!("confirm-{}", user.id)
                        label="Type the username to confirm"
                        problem=Signal::stored(None)
                        required=true
                    />
                    <Submit label="Delete user" tone="danger" pending=delete.pending() />
                </ActionForm>
            </details>
        </li>
    }
    .into_any()
}

#[component]
fn CreateUser(create: ServerAction<api::CreateUser>) -> impl IntoView {
    let problem = problem(create);
    view! {
        <section class="group">
            <h2>"New user"</h2>
            <ActionForm action=create attr:class="stack panel" attr:aria-label="New user">
                <FormError problem fields=&["username", "password"] />
                <Field
                    name="username"
                    label="Username"
                    problem
                    required=true
                    hint="Lower-case letters, digits and single hyphens."
                />
                <Field
                    name="password"
                    label="Password"
                    kind="password"
                    autocomplete="new-password"
                    problem
                    required=true
                    hint="At least 8 characters."
                />
                <Submit label="Create user" pending=create.pending() />
            </ActionForm>
        </section>
    }
    .into_any()
}
