//! Where the person is signed in, and the way out of it.

use leptos::{form::ActionForm, prelude::*};

use crate::{
    api,
    components::{FormError, Load, LocalTime, SignOut, Submit, problem, successes, with_step_up},
    model::Session,
};

/// Every sign-in; each can be ended, all others at once.
#[component]
pub fn Sessions() -> impl IntoView {
    let end = ServerAction::<api::EndSession>::new();
    let others = ServerAction::<api::EndOtherSessions>::new();
    with_step_up(end);
    with_step_up(others);
    let (ended, all_ended) = (successes(end), successes(others));
    let sessions = Resource::new(move || (ended.get(), all_ended.get()), |_| api::load_sessions());
    view! {
        <section class="group" id="sessions">
            <h2>"Sessions"</h2>
            <p class="muted">"Browsers and programs that are signed in as you. The time of use is renewed every 15 minutes."</p>
            <FormError problem=problem(end) />
            <FormError problem=problem(others) />
            <Load resource=sessions let:sessions>
                <SessionList sessions end others />
            </Load>
            <SignOut>
                <Submit label="Sign out here" tone="" pending=false />
            </SignOut>
        </section>
    }
    .into_any()
}

#[component]
fn SessionList(
    sessions: Vec<Session>,
    end: ServerAction<api::EndSession>,
    others: ServerAction<api::EndOtherSessions>,
) -> impl IntoView {
    let several = sessions.len() > 1;
    let rows = sessions.into_iter().map(|session| view! { <SessionRow session end /> }).collect_view();
    view! {
        <ul class="rows panel session-list" data-testid="sessions">
            {rows}
        </ul>
        {several
            .then(|| {
                view! {
                    <ActionForm action=others>
                        <Submit label="Sign out all others" tone="danger" pending=others.pending() />
                    </ActionForm>
                }
            })}
    }
    .into_any()
}

#[component]
fn SessionRow(session: Session, end: ServerAction<api::EndSession>) -> impl IntoView {
    let name = format!("Sign out {}", session.device);
    view! {
        <li>
            <div class="session-what">
                <strong>{session.device}</strong>
                {session.current.then(|| view! { <span class="tag">"This one"</span> })}
                <p class="hint">
                    "Signed in " <LocalTime at=session.created_at /> " \u{b7} last used "
                    <LocalTime at=session.last_used_at />
                </p>
            </div>
            {(!session.current)
                .then(|| {
                    view! {
                        <ActionForm action=end>
                            <input type="hidden" name="id" value=session.id.to_string() />
                            <Submit label="Sign out" name tone="" pending=end.pending() />
                        </ActionForm>
                    }
                })}
        </li>
    }
    .into_any()
}
