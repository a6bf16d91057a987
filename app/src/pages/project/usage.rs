//! Tokens and cost of each step: bars to compare, figures to read.

use leptos::prelude::*;

use crate::{
    components::{cost, tokens},
    model::{StepUsage, TokenUsage, UsageSummary},
};

/// The usage of a project.
#[component]
pub fn UsageTab(
    /// All of it.
    all: UsageSummary,
    /// Each step.
    steps: Vec<StepUsage>,
) -> impl IntoView {
    let most = steps.iter().map(|step| sum(&step.usage.tokens)).max().unwrap_or(0).max(1);
    let empty = steps.is_empty();
    let rows = steps
        .into_iter()
        .map(|StepUsage { title, usage, .. }| {
            view! {
                <tr>
                    <th scope="row">{title}</th>
                    <td class="bar-cell">
                        <Bar tokens=usage.tokens most />
                    </td>
                    <td>{tokens(&usage.tokens)}</td>
                    <td>{cost(usage.cost_micro_usd)}</td>
                    <td>{usage.requests}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="group" aria-labelledby="usage-title">
            <h2 id="usage-title">"Tokens and cost"</h2>
            <p class="muted" hidden=!empty>
                "No model was asked yet. What the agent and its coding CLI use shows here, step by step."
            </p>
            <div class="table-wrap" hidden=empty tabindex="0" role="region" aria-label="Each step">
                <table class="usage" data-testid="usage-table">
                    <thead>
                        <tr>
                            <th scope="col">"Step"</th>
                            <th scope="col" class="bar-cell">
                                <span class="visually-hidden">"Share"</span>
                            </th>
                            <th scope="col">"Tokens"</th>
                            <th scope="col">"Cost"</th>
                            <th scope="col">"Requests"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                    <tfoot>
                        <tr>
                            <th scope="row">"All"</th>
                            <td class="bar-cell"></td>
                            <td data-testid="project-tokens">{tokens(&all.tokens)}</td>
                            <td data-testid="project-cost">{cost(all.cost_micro_usd)}</td>
                            <td>{all.requests}</td>
                        </tr>
                    </tfoot>
                </table>
            </div>
            <p class="legend" hidden=empty>
                <span data-kind="fresh">"Input"</span>
                <span data-kind="cached">"Input from or to the cache"</span>
                <span data-kind="output">"Output"</span>
            </p>
            <p class="hint" hidden=empty>
                "A request counts for the step that was under way when its answer ended. Models without a known price cost nothing here."
            </p>
        </section>
    }
    .into_any()
}

fn sum(usage: &TokenUsage) -> i64 {
    usage.input_tokens + usage.output_tokens + usage.cache_creation_tokens + usage.cache_read_tokens
}

/// Input, cached input and output beside each other, as wide as they are large; the table says it in figures.
#[component]
fn Bar(tokens: TokenUsage, most: i64) -> impl IntoView {
    let parts = [
        ("fresh", tokens.input_tokens),
        ("cached", tokens.cache_creation_tokens + tokens.cache_read_tokens),
        ("output", tokens.output_tokens),
    ];
    let mut x = 0;
    let rects = parts.map(|(kind, tokens)| {
        // In thousandths of the longest bar.
        let width = tokens.max(0).saturating_mul(1_000) / most;
        let from = x;
        x += width;
        view! { <rect data-kind=kind x=from.to_string() y="0" width=width.to_string() height="10"></rect> }
    });
    view! {
        <svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
            {rects.into_iter().collect_view()}
        </svg>
    }
    .into_any()
}
