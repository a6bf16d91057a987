//! Settings, administration and the pages behind links, as a browser without scripts sees them.

use axum::http::{StatusCode, header};

use crate::{
    fake::COOKIE,
    site::{assert_has, cookies_of_post, get, page, send, site, submit, text},
};

#[tokio::test]
async fn settings_have_every_section() {
    let (_, html) = page("/settings").await;
    assert_has(
        &html,
        &[
            "href=\"#sessions\"",
            "Backup &lt;x&gt;",
            "action=\"/fn/create_token\"",
            "name=\"id\" value=\"4\"",
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
            "id=\"appearance\"",
            "data-testid=\"provider-mine\"",
            "https://models.example.org/&lt;b&gt;",
            "action=\"/fn/put_provider\"",
            "action=\"/fn/test_provider\"",
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
            "name=\"private_addresses\" value=\"true\" checked",
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
        ("revoke_token", "/settings", "id=4", "Not found."),
        ("put_provider", "/settings", "name=mine&base_url=x&wire_format=openai&key=", "That is no address."),
        ("put_provider", "/settings", "name=openai&base_url=x&wire_format=openai&key=", "is built in"),
        ("set_role", "/admin", "id=1&role=user", "The last admin stays one."),
        ("end_sessions_of", "/admin", "id=1", "Your own sessions are in Settings."),
    ];
    for (name, from, body, message) in posts {
        let (_, location) = submit(name, from, body).await;
        let (_, html) = page(location.strip_prefix("http://localhost").unwrap()).await;
        assert_has(&html, &[message]);
    }
}

#[tokio::test]
async fn what_a_plain_post_did_is_told_once() {
    for (name, from, body, message) in [
        ("test_api_key", "/settings", "provider=openai", "No."),
        ("test_provider", "/settings", "name=mine", "Fine."),
        ("delete_api_key", "/settings", "provider=openai", "The key is deleted."),
        ("set_theme", "/settings", "theme=dark", "The theme is changed."),
        ("set_outbound", "/admin", "private_addresses=true", "The network setting is saved."),
        ("create_invite", "/admin", "", "/invite#secret"),
        ("save_rules", "/agents/1", "id=1&global_rules=a%0D%0Ab", "The rules are saved."),
    ] {
        let cookies = cookies_of_post(name, from, body).await;
        let notice = cookies.iter().find(|cookie| cookie.starts_with("notice=")).unwrap();
        let notice = notice.split(';').next().unwrap();
        let response = send(site(false), get(from, &format!("{COOKIE}; {notice}"))).await;
        let gone = response.headers().get_all(header::SET_COOKIE).iter();
        let gone: Vec<_> = gone.map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
        assert!(gone.iter().any(|cookie| cookie.starts_with("notice=;")), "{name}: {gone:?}");
        assert_has(&text(response).await, &["data-testid=\"notice\"", message]);
    }
    let response = send(site(false), get("/settings", &format!("{COOKIE}; notice=%3Cb%3E"))).await;
    assert_has(&text(response).await, &["class=\"notice notice-done\">&lt;b&gt;<"]);
    let (_, html) = page("/settings").await;
    assert!(!html.contains("data-testid=\"notice\""), "there is a notice without a reason");
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
