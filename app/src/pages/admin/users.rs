//! One user as an admin sees them: what they have and use, and what can be done about it.

use leptos::{form::ActionForm, prelude::*};

use super::{links::ShownLink, words::size};
use crate::{
    api,
    components::{Field, FormError, LocalTime, Submit, problem_of_form, successes},
    model::{Role, User, UserId, UserSummary},
};

/// The actions of every row.
#[derive(Clone, Copy)]
pub struct UserActions {
    /// Removes a user with all that is theirs.
    pub delete: ServerAction<api::DeleteUser>,
    /// Promotes or demotes.
    pub role: ServerAction<api::SetRole>,
    /// Makes a link for a new password.
    pub reset: ServerAction<api::CreateReset>,
    /// Ends all sessions.
    pub sessions: ServerAction<api::EndSessionsOf>,
    /// Switches a second factor off.
    pub factor: ServerAction<api::RemoveSecondFactorOf>,
}

impl UserActions {
    /// None of them ran yet.
    pub fn new() -> Self {
        Self {
            delete: ServerAction::new(),
            role: ServerAction::new(),
            reset: ServerAction::new(),
            sessions: ServerAction::new(),
            factor: ServerAction::new(),
        }
    }

    /// How often the list of users changed by them.
    pub fn successes(self) -> Memo<usize> {
        let (deleted, changed) = (successes(self.delete), successes(self.role));
        let (ended, removed) = (successes(self.sessions), successes(self.factor));
        Memo::new(move |_| deleted.get() + changed.get() + ended.get() + removed.get())
    }
}

/// A user with facts and actions.
#[component]
pub fn UserRow(row: UserSummary, actions: UserActions) -> impl IntoView {
    let UserSummary {
        user,
        agents,
        running_instances,
        last_sign_in_at,
        sessions,
        second_factor,
        disk,
        isolation_warning,
    } = row;
    let name = user.username.to_string();
    let role = match user.role {
        Role::Admin => "Admin",
        Role::User => "User",
    };
    let disk = disk.map_or_else(|| "not measured yet".to_owned(), |disk| size(&disk));
    let signed_in = match last_sign_in_at {
        Some(at) => view! { <LocalTime at=at /> }.into_any(),
        None => "never".into_any(),
    };
    view! {
        <li class="panel" data-testid=format!("user-{name}")>
            <p class="user-head">
                <strong>{name.clone()}</strong>
                <span class="tag">{role}</span>
            </p>
            <dl class="facts">
                <Fact name="Agents">{agents}</Fact>
                <Fact name="Running">{running_instances}</Fact>
                <Fact name="Disk">{disk}</Fact>
                <Fact name="Last sign-in">{signed_in}</Fact>
                <Fact name="Sessions">{sessions}</Fact>
                <Fact name="Second factor">{if second_factor { "on" } else { "off" }}</Fact>
                <Fact name="Since">
                    <LocalTime at=user.created_at />
                </Fact>
            </dl>
            {isolation_warning.map(|text| view! { <p class="warning">{text}</p> })}
            <Manage user actions second_factor />
        </li>
    }
    .into_any()
}

#[component]
fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
    .into_any()
}

/// Role, password and deletion.
#[component]
fn Manage(user: User, actions: UserActions, second_factor: bool) -> impl IntoView {
    let UserActions { delete, role, reset, sessions, factor } = actions;
    let (id, name) = (user.id, user.username.to_string());
    let (next, label) = match user.role {
        Role::Admin => ("user", "Make user"),
        Role::User => ("admin", "Make admin"),
    };
    let no_role = problem_of_form(role, move |input| input.id == id);
    let not_ended = problem_of_form(sessions, move |input| input.id == id);
    let no_link = problem_of_form(reset, move |input| input.id == id);
    let username = user.username;
    let link = Signal::derive(move || {
        let made = reset.value().get().and_then(Result::ok);
        made.filter(|link| link.username.as_ref() == Some(&username))
    });
    view! {
        <div class="actions user-actions">
            <ActionForm action=reset attr:aria-label=format!("New password for {name}")>
                <input type="hidden" name="id" value=id.to_string() />
                <Submit label="Reset password" tone="quiet" pending=reset.pending() />
            </ActionForm>
            <ActionForm action=role attr:aria-label=format!("Role of {name}")>
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="role" value=next />
                <Submit label tone="quiet" pending=role.pending() />
            </ActionForm>
            <ActionForm action=sessions attr:aria-label=format!("Sessions of {name}")>
                <input type="hidden" name="id" value=id.to_string() />
                <Submit label="Sign out everywhere" tone="quiet" pending=sessions.pending() />
            </ActionForm>
        </div>
        <FormError problem=not_ended />
        <FormError problem=no_role />
        <FormError problem=no_link />
        <ShownLink link />
        {second_factor.then(|| view! { <RemoveFactor user=id name=name.clone() factor /> })}
        <Delete id=id.to_string() name delete problem=problem_of_form(delete, move |input| input.id == id) />
    }
    .into_any()
}

/// For somebody who lost app and recovery codes.
#[component]
fn RemoveFactor(
    user: UserId,
    name: String,
    factor: ServerAction<api::RemoveSecondFactorOf>,
) -> impl IntoView {
    let problem = problem_of_form(factor, move |input| input.id == user);
    view! {
        <details class="deletion">
            <summary>{format!("Remove the second factor of {name}\u{2026}")}</summary>
            <ActionForm
                action=factor
                attr:class="stack"
                attr:aria-label=format!("Remove the second factor of {name}")
            >
                <p>
                    "Only for somebody of whom you know that they ask, and who has lost app and recovery codes: the password alone opens the account then. The user is signed out everywhere."
                </p>
                <FormError problem />
                <input type="hidden" name="id" value=user.to_string() />
                <Submit label="Remove second factor" tone="danger" pending=factor.pending() />
            </ActionForm>
        </details>
    }
    .into_any()
}

#[component]
fn Delete(
    id: String,
    name: String,
    delete: ServerAction<api::DeleteUser>,
    problem: Signal<Option<crate::error::AppError>>,
) -> impl IntoView {
    view! {
        <details class="deletion">
            <summary>{format!("Delete {name}\u{2026}")}</summary>
            <ActionForm action=delete attr:class="stack" attr:aria-label=format!("Delete {name}")>
                <p>
                    "Ends the user's sessions and agents and removes all of their projects and files. There is no way back."
                </p>
                <FormError problem />
                <input type="hidden" name="id" value=id.clone() />
                <Field
                    name="confirmation"
                    id=format!("confirm-{id}")
                    label="Type the username to confirm"
                    problem=Signal::stored(None)
                    required=true
                />
                <Submit label="Delete user" tone="danger" pending=delete.pending() />
            </ActionForm>
        </details>
    }
    .into_any()
}
