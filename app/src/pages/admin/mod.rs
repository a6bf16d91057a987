//! The installation, for admins: users, ways in, isolation, and the record of security events.

mod audit;
mod isolation;
mod links;
mod network;
mod users;
mod words;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api,
    components::{FormError, Load, problem_without_form, successes},
};
use audit::Audit;
use isolation::Isolation;
use links::{CreateUser, Invite, OpenLinks};
use network::Network;
use users::{UserActions, UserRow};

/// Everything that an admin sees and does; others are told once that it is not for them.
#[component]
pub fn AdminPage() -> impl IntoView {
    let allowed = Resource::new(|| (), |()| api::admin_page());
    view! {
        <Title text="Admin" />
        <Load resource=allowed let:_>
            <Administration />
        </Load>
    }
    .into_any()
}

#[component]
fn Administration() -> impl IntoView {
    let create = ServerAction::<api::CreateUser>::new();
    let invite = ServerAction::<api::CreateInvite>::new();
    let actions = UserActions::new();
    let (created, changed) = (successes(create), actions.successes());
    let users = Resource::new(move || (created.get(), changed.get()), |_| api::load_users());
    view! {
        <h1>"Administration"</h1>
        <section class="group" id="users">
            <h2>"Users"</h2>
            <FormError problem=problem_without_form(actions.delete) />
            <FormError problem=problem_without_form(actions.role) />
            <FormError problem=problem_without_form(actions.reset) />
            <FormError problem=problem_without_form(actions.sessions) />
            <FormError problem=problem_without_form(actions.factor) />
            <Load resource=users let:users>
                <ul class="user-list" data-testid="users">
                    {users.into_iter().map(|row| view! { <UserRow row actions /> }).collect_view()}
                </ul>
            </Load>
        </section>
        <section class="group" id="new">
            <h2>"New user"</h2>
            <div class="ways-in">
                <CreateUser create />
                <Invite invite />
            </div>
        </section>
        <OpenLinks invite reset=actions.reset />
        <Isolation />
        <Network />
        <Audit />
    }
    .into_any()
}
