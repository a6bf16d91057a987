//! Renders the real pages and posts the real forms, as a browser without scripts does; only the backend is made up.

// Helpers may unwrap like tests do.
#[cfg(test)]
mod account;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod site;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use fake::COOKIE;
use site::{assert_has, get, page, send, site, submit, text};

#[tokio::test]
async fn strangers_are_sent_to_sign_in_or_to_set_up() {
    for path in ["/", "/agents/new", "/agents/1", "/agents/1/edit", "/projects/7", "/admin", "/settings"] {
        for (fresh, target) in [(false, "/login"), (true, "/setup")] {
            let response = send(site(fresh), get(path, "")).await;
            let location = response.headers().get(header::LOCATION).map(|l| l.to_str().unwrap().to_owned());
            assert_eq!((response.status(), location.as_deref()), (StatusCode::FOUND, Some(target)), "{path}");
        }
    }
}

#[tokio::test]
async fn signing_in_works_without_scripts() {
    let html = text(send(site(false), get("/login", "")).await).await;
    assert_has(
        &html,
        &["action=\"/fn/login\"", "name=\"username\"", "name=\"password\"", "type=\"importmap\""],
    );

    let (status, location) = submit("login", "/login", "username=tom&password=right").await;
    assert_eq!((status, location.as_str()), (StatusCode::FOUND, "/"));

    let (status, location) = submit("login", "/login", "username=tom&password=wrong").await;
    assert_eq!(status, StatusCode::FOUND);
    let path = location.strip_prefix("http://localhost").unwrap();
    let html = text(send(site(false), get(path, "")).await).await;
    assert_has(&html, &["Wrong username or password."]);
}

#[tokio::test]
async fn a_script_gets_cookies_status_and_error() {
    let call = |password: &str| {
        Request::post("/fn/login")
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("username=tom&password={password}")))
            .unwrap()
    };
    let response = send(site(false), call("right")).await;
    let cookies: Vec<_> =
        response.headers().get_all(header::SET_COOKIE).iter().map(|c| c.to_str().unwrap()).collect();
    assert_eq!((response.status(), cookies), (StatusCode::OK, vec![COOKIE, "refresh=1"]));

    let response = send(site(false), call("wrong")).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(text(response).await, r#""bad_credentials""#);
}

#[tokio::test]
async fn setup_wants_the_token() {
    let open = text(send(site(true), get("/setup", "")).await).await;
    assert_has(&open, &["one-time token", "action=\"/fn/setup\"", "Code from the link"]);
    let done = text(send(site(false), get("/setup", "")).await).await;
    assert_has(&done, &["set up already"]);
}

#[tokio::test]
async fn the_dashboard_shows_what_needs_help() {
    let (status, html) = page("/").await;
    assert_eq!(status, StatusCode::OK);
    assert_has(
        &html,
        &[
            "Needs help",
            "Which currency?",
            "1 of 2 steps",
            "$0.42",
            "1.2k",
            "Builder &lt;b&gt;",
            "data-state=\"connecting\"",
            "name=\"text\" value=\"Euro\"",
            "action=\"/fn/answer\"",
            "because &lt;b&gt;only Tom&lt;/b&gt; knows",
            "popovertarget=\"menu\"",
        ],
    );
    // What only the project's own page shows would make the dashboard heavy.
    assert!(!html.contains("alert(1)"), "the dashboard carries descriptions");
}

#[tokio::test]
async fn the_theme_is_known_before_the_page_is_drawn() {
    let themed = async |cookie: &str| text(send(site(false), get("/login", cookie)).await).await;
    assert_has(&themed("").await, &["lang=\"en\" data-theme=\"system\""]);
    assert_has(&themed("a=b; theme=dark").await, &["data-theme=\"dark\""]);
    assert_has(&themed("theme=\"><b>").await, &["data-theme=\"system\""]);

    let request = Request::post("/fn/set_theme")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::REFERER, "http://localhost/settings")
        .body(Body::from("theme=light"))
        .unwrap();
    let response = send(site(false), request).await;
    let value = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
    // The framework leaves the mark of an empty query behind.
    assert_eq!(
        value(header::LOCATION).map(|url| url.trim_end_matches('?')),
        Some("http://localhost/settings")
    );
    assert!(value(header::SET_COOKIE).unwrap().starts_with("theme=light; "));
}

#[tokio::test]
async fn a_project_shows_everything_as_text() {
    let (status, html) = page("/projects/7").await;
    assert_eq!(status, StatusCode::OK);
    assert_has(
        &html,
        &[
            "data-testid=\"project-status\"",
            "data-status=\"paused\"",
            "data-testid=\"step-1\" data-status=\"completed\"",
            "data-testid=\"step-2\" data-status=\"running\"",
            "aria-current=\"page\"",
            "href=\"/projects/7/changes\"",
            "Which currency?",
            "name=\"text\" value=\"Euro\"",
            "&lt;b&gt;Yen&lt;/b&gt;",
            "&gt; &lt;script&gt;",
            "Wait &amp; see.",
            "&lt;i&gt;esc to interrupt&lt;/i&gt;",
            "Claude Code is running",
            "https://example.org/shop.git",
            "1 of 2 steps",
            "Sell &lt;script&gt;alert(1)&lt;/script&gt;",
            "Chose &lt;img src=x onerror=alert(1)&gt; over Git",
            "action=\"/fn/stop\"",
        ],
    );
    assert!(!html.contains("<img"), "a log line became an element");
    assert!(!html.contains("data-testid=\"terminal\""), "the terminal is heavy and has a tab of its own");
}

#[tokio::test]
async fn each_tab_of_a_project_has_an_address_and_needs_no_scripts() {
    let tabs: [(&str, &[&str]); 8] = [
        ("terminal", &["data-testid=\"terminal\""]),
        (
            "logs",
            &["Chose &lt;img src=x onerror=alert(1)&gt; over Git", "/api/v1/projects/7/logs.txt", "Follow"],
        ),
        (
            "description",
            &[
                "action=\"/fn/save_project_text\"",
                "name=\"version\" value=\"v1\"",
                "# The description &lt;/textarea>&lt;script>",
            ],
        ),
        ("architecture", &["value=\"architecture\"", "# The architecture &lt;/textarea>&lt;script>"]),
        ("plan", &["Edit plan", "data-testid=\"step-2\" data-status=\"running\""]),
        ("changes", &["The runner is away."]),
        (
            "changes?step=1",
            &["src/&lt;b&gt;.sh", "-old &lt;i&gt;", "+new &lt;i&gt;", "2 more files are not shown"],
        ),
        ("usage", &["Step &lt;1&gt;", "1.2k", "$0.42", "class=\"bar\""]),
    ];
    for (tab, wanted) in tabs {
        let (status, html) = page(&format!("/projects/7/{tab}")).await;
        assert_eq!(status, StatusCode::OK, "{tab}");
        assert_has(&html, wanted);
        assert_has(&html, &["Which currency?", "action=\"/fn/stop\"", "aria-current=\"page\""]);
    }
}

#[tokio::test]
async fn a_text_posted_without_scripts_says_that_it_is_outdated() {
    let path = "/projects/7/description";
    let body = "id=7&kind=description&text=new&version=";
    let (_, location) = submit("save_project_text", path, &format!("{body}v1")).await;
    assert!(!location.contains("__err"), "{location}");
    let (_, location) = submit("save_project_text", path, &format!("{body}v0")).await;
    let (_, html) = page(location.strip_prefix("http://localhost").unwrap()).await;
    assert_has(&html, &["Somebody else changed this text meanwhile."]);
}

#[tokio::test]
async fn every_other_page_renders() {
    let (_, agent) = page("/agents/1").await;
    assert_has(
        &agent,
        &[
            "demo/builder",
            "Use the demonstration project",
            "action=\"/fn/create_project\"",
            "action=\"/fn/save_rules\"",
        ],
    );
    let (_, edit) = page("/agents/1/edit").await;
    assert_has(
        &edit,
        &["value=\"Builder &lt;b&gt;\"", ">Careful &amp; &lt;quick></textarea>", "needs no key"],
    );
    let (_, new) = page("/agents/new").await;
    assert_has(
        &new,
        &[
            "action=\"/fn/create_agent\"",
            "<datalist id=\"model-datalist\">",
            "OpenAI: key stored",
            "Anthropic: no key yet",
            "mine: your server, key stored",
            "name=\"form[tools][4]\" value=\"use_helpers\" checked",
        ],
    );
    let (_, admin) = page("/admin").await;
    assert_has(&admin, &["data-testid=\"user-tom\"", "action=\"/fn/delete_user\""]);
    let (_, settings) = page("/settings").await;
    assert_has(&settings, &["wxyz", "data-testid=\"key-anthropic\"", "action=\"/fn/logout\""]);
}

#[tokio::test]
async fn missing_things_are_404() {
    for path in ["/projects/8", "/projects/x", "/projects/7/x", "/agents/9"] {
        let (status, html) = page(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_has(&html, &["Not found"]);
    }
}

#[tokio::test]
async fn forms_carry_what_was_typed() {
    let (_, location) = submit(
        "update_agent",
        "/agents/1/edit",
        "id=1&form[name]=B&form[model]=demo%2Fbuilder&form[identity]=&form[global_rules]=a%0D%0Ab\
         &form[coding_cli]=codex&form[cli_command]=&form[approval_policy]=ask_me",
    )
    .await;
    assert_eq!(location, "/agents/1");

    let body = "agent_id=1&name=Shop&description=d&architecture=&options[clone_url]=https%3A%2F%2Fexample.org%2Fx&options[approve_plan]=true&options[approval_policy]=ask_model\
                &steps%5B0%5D%5Bid%5D=&steps%5B0%5D%5Btitle%5D=First&steps%5B0%5D%5Binstructions%5D=&steps%5B0%5D%5Bverify%5D=make+test\
                &steps%5B1%5D%5Bid%5D=&steps%5B1%5D%5Btitle%5D=&steps%5B1%5D%5Binstructions%5D=&steps%5B1%5D%5Bverify%5D=\
                &steps%5B2%5D%5Bid%5D=&steps%5B2%5D%5Btitle%5D=Third&steps%5B2%5D%5Binstructions%5D=&steps%5B2%5D%5Bverify%5D=";
    let (_, location) = submit("create_project", "/agents/1", body).await;
    assert_eq!(location, "/projects/7");

    let (_, location) = submit(
        "create_agent",
        "/agents/new",
        "form[name]=B&form[model]=gpt&form[identity]=&form[global_rules]=\
                &form[coding_cli]=claude&form[approval_policy]=auto",
    )
    .await;
    let (_, html) = page(location.strip_prefix("http://localhost").unwrap()).await;
    assert_has(&html, &["A model is written provider/model"]);

    let (_, location) = submit("delete_user", "/admin", "id=1&confirmation=tim").await;
    let (_, html) = page(location.strip_prefix("http://localhost").unwrap()).await;
    assert_has(&html, &["Type the username exactly"]);
}
