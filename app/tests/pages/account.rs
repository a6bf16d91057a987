//! Settings, administration and the pages behind links, as a browser without scripts sees them.

use axum::http::StatusCode;

use crate::site::{assert_has, get, page, send, site, submit, text};

#[tokio::test]
async fn settings_have_every_section() {
    let (_, html) = page("/settings").await;
    assert_has(
        &html,
        &[
            "href=\"#sessions\"",
            "id=\"sessions\"",
            "Firefox on Linux",
            "This one",
            "name=\"id\" value=\"s2\"",
            "action=\"/fn/end_other_sessions\"",
            "action=\"/fn/change_password\"",
            "action=\"/fn/step_up\"",
            "action=\"/fn/test_api_key\"",
            "/login",
            "name=\"needs_help\" value=\"true\" checked",
        ],
    );
    assert!(!html.contains("name=\"id\" value=\"s1\""), "the own session has a button to end it");
}

#[tokio::test]
async fn the_admin_page_has_every_section() {
    let (_, html) = page("/admin").await;
    assert_has(
        &html,
        &[
            "at least 3.4 MB",
            "No &lt;sandbox&gt;.",
            "action=\"/fn/create_invite\"",
            "action=\"/fn/create_reset\"",
            "New password for tom",
            "by &lt;i&gt;ann&lt;/i&gt;",
            "Level 2 of 4",
            "Shared &lt;x&gt;.",
            "created the account &lt;b&gt;9&lt;/b&gt;",
            "href=\"/admin?before=9#audit\"",
        ],
    );
    let (_, older) = page("/admin?before=5").await;
    assert_has(&older, &["&lt;b&gt;4&lt;/b&gt;", "href=\"/admin?before=4#audit\"", "Newest"]);
}

#[tokio::test]
async fn refusals_are_told_after_a_plain_post() {
    let posts = [
        (
            "change_password",
            "/settings",
            "current=old+one&password=new+one",
            "This is not your current password.",
        ),
        ("step_up", "/settings", "password=again", "This is not your password."),
        ("set_notifications", "/settings", "completed=true", "Boxes arrived."),
        ("end_session", "/settings", "id=s2", "Not found."),
        ("set_role", "/admin", "id=1&role=user", "The last admin stays one."),
    ];
    for (name, from, body, message) in posts {
        let (_, location) = submit(name, from, body).await;
        let (_, html) = page(location.strip_prefix("http://localhost").unwrap()).await;
        assert_has(&html, &[message]);
    }
}

#[tokio::test]
async fn links_open_without_a_sign_in_and_lead_in() {
    for (path, action) in [("/invite", "/fn/accept_invite"), ("/reset", "/fn/reset_password")] {
        let response = send(site(false), get(path, "")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_has(&text(response).await, &["Code from the link", &format!("action=\"{action}\"")]);
    }
    let (_, location) = submit("accept_invite", "/invite", "token=right&username=ann&password=right").await;
    assert_eq!(location, "/");
    let (_, location) = submit("reset_password", "/reset", "token=right&password=right").await;
    assert_eq!(location, "/");
    let (_, location) = submit("accept_invite", "/invite", "token=wrong&username=ann&password=x").await;
    let response = send(site(false), get(location.strip_prefix("http://localhost").unwrap(), "")).await;
    assert_has(&text(response).await, &["This link is not valid."]);
}
