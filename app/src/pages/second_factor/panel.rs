//! What a person sees and does of their second factor.

use leptos::{form::ActionForm, prelude::*};

use super::codes::Codes;
use crate::{
    api::{self, SecondFactorView},
    components::{Field, FormError, Load, PasswordAgain, Submit, problem, successes, with_step_up},
    error::AppError,
    model::{SecondFactor, SecondFactorSetup},
};

/// The panel's actions.
#[derive(Clone, Copy)]
struct Actions {
    begin: ServerAction<api::BeginSecondFactor>,
    confirm: ServerAction<api::ConfirmSecondFactor>,
    renew: ServerAction<api::NewRecoveryCodes>,
    remove: ServerAction<api::RemoveSecondFactor>,
    step_up: ServerAction<api::StepUp>,
}

/// Switches a second factor on and off, and makes recovery codes.
#[component]
pub fn SecondFactorPanel(
    /// Whether nothing else can be done before it is on.
    #[prop(optional)]
    gate: bool,
) -> impl IntoView {
    let actions = Actions {
        begin: ServerAction::new(),
        confirm: ServerAction::new(),
        renew: ServerAction::new(),
        remove: ServerAction::new(),
        step_up: ServerAction::new(),
    };
    with_step_up(actions.begin);
    with_step_up(actions.renew);
    with_step_up(actions.remove);
    let changes = [
        successes(actions.begin),
        successes(actions.confirm),
        successes(actions.renew),
        successes(actions.remove),
        successes(actions.step_up),
    ];
    let view = Resource::new(move || changes.map(|times| times.get()), |_| api::load_second_factor());
    let made = Signal::derive(move || {
        let renewed = actions.renew.value().get().and_then(Result::ok);
        renewed.or_else(|| actions.confirm.value().get().and_then(Result::ok)).unwrap_or_default()
    });
    view! {
        <FormError problem=problem(actions.renew) />
        <FormError problem=problem(actions.remove) />
        <Load resource=view let:view>
            <State view actions made gate />
        </Load>
    }
    .into_any()
}

#[component]
fn State(view: SecondFactorView, actions: Actions, made: Signal<Vec<String>>, gate: bool) -> impl IntoView {
    let SecondFactorView { state, setup, fresh } = view;
    let on = state.on;
    let codes = Signal::derive(move || match made.get() {
        _ if !on => Vec::new(),
        none if none.is_empty() => fresh.clone(),
        made => made,
    });
    let now = match (on, setup) {
        (true, _) => view! { <On state actions gate /> }.into_any(),
        (false, Some(setup)) => view! { <Confirm setup actions /> }.into_any(),
        (false, None) => view! { <Off required=state.required actions gate /> }.into_any(),
    };
    view! {
        <div class="panel stack" data-testid="second-factor">
            {now}
            <Codes codes />
        </div>
    }
    .into_any()
}

/// The way to switch it on.
#[component]
fn Off(required: bool, actions: Actions, gate: bool) -> impl IntoView {
    let failed = problem(actions.begin);
    // Where nothing but this page is open, the password is asked for here.
    let again = Signal::derive(move || gate && failed.get() == Some(AppError::StepUpRequired));
    let other = Signal::derive(move || failed.get().filter(|_| !again.get()));
    view! {
        <p>
            {if required {
                "This installation requires a second factor: besides the password, signing in asks for a code from an app on your phone. Set it up to go on."
            } else {
                "The second factor is off. With it, signing in asks for a code from an app on your phone besides the password."
            }}
        </p>
        <FormError problem=other />
        <Show when=move || again.get()>
            <ActionForm
                action=actions.step_up
                attr:class="stack"
                attr:aria-label="Type your password again"
            >
                <PasswordAgain action=actions.step_up id="second-factor-password" />
                <Submit label="Go on" pending=actions.step_up.pending() />
            </ActionForm>
        </Show>
        <ActionForm action=actions.begin attr:aria-label="Switch the second factor on">
            <Submit label="Set up" pending=actions.begin.pending() />
        </ActionForm>
    }
    .into_any()
}

/// The picture for the app, and the field for its first code.
#[component]
fn Confirm(setup: SecondFactorSetup, actions: Actions) -> impl IntoView {
    let problem = problem(actions.confirm);
    let width = setup.qr.width;
    // Readers want four light squares around it.
    let frame = format!("-4 -4 {0} {0}", width + 8);
    view! {
        <p>"Scan this with an app for one-time codes, or type the secret into it."</p>
        <svg class="qr" role="img" aria-label="QR code for the app" viewBox=frame shape-rendering="crispEdges">
            <path d=setup.qr.path />
        </svg>
        <label class="field shown-link">
            "Secret"
            <input
                type="text"
                readonly
                value=setup.secret
                data-testid="second-factor-secret"
                on:focus:target=move |event| event.target().select()
            />
        </label>
        <ActionForm action=actions.confirm attr:class="stack" attr:aria-label="Confirm the second factor">
            <FormError problem fields=&["code"] />
            <Field
                name="code"
                id="first-code"
                label="Code from your app"
                problem
                autocomplete="one-time-code"
                inputmode="numeric"
                required=true
            />
            <Submit label="Switch on" pending=actions.confirm.pending() />
        </ActionForm>
    }
    .into_any()
}

/// What is left, and the ways to change it.
#[component]
fn On(state: SecondFactor, actions: Actions, gate: bool) -> impl IntoView {
    let left = match state.recovery_codes_left {
        1 => "1 recovery code is left.".to_owned(),
        left => format!("{left} recovery codes are left."),
    };
    view! {
        <p>
            <strong>"The second factor is on. "</strong>
            <span data-testid="recovery-codes-left">{left}</span>
        </p>
        {state
            .lost
            .then(|| {
                view! {
                    <p class="warning">
                        "The codes of your app cannot be checked any more, because the server has another master key. Until you switch it off and on again, only recovery codes open your account."
                    </p>
                }
            })}
        {if gate {
            view! {
                <p>
                    <a class="button" data-tone="primary" href="/">
                        "Go on"
                    </a>
                </p>
            }
                .into_any()
        } else {
            view! {
                <div class="actions">
                    <ActionForm action=actions.renew attr:aria-label="New recovery codes">
                        <Submit label="Make new recovery codes" tone="" pending=actions.renew.pending() />
                    </ActionForm>
                    <ActionForm action=actions.remove attr:aria-label="Switch the second factor off">
                        <Submit label="Switch off" tone="danger" pending=actions.remove.pending() />
                    </ActionForm>
                </div>
            }
                .into_any()
        }}
    }
    .into_any()
}
